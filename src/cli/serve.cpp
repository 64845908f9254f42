#include "inferway/app/gateway.hpp"
#include "inferway/app/tls_files.hpp"
#include "inferway/cli/commands.hpp"
#include "inferway/config/loader.hpp"

#include <cstdio>
#include <string>
#include <string_view>

namespace inferway::cli {

namespace {

constexpr char kUsage[] =
    "usage: inferway serve --config FILE\n"
    "\n"
    "Runs the gateway. SIGTERM or SIGINT drains it, a second one ends it at once; SIGHUP reads the configuration "
    "anew,\n"
    "SIGUSR1 opens the access log anew, SIGUSR2 starts another process (of a new version) that takes over.\n"
    "Exit status: 0 after a drain, 1 when it cannot start, 2 for a wrong configuration or command line.\n";

void print(std::string const& file, config::Problem const& problem, char const* kind) {
  std::fprintf(stderr, "%s%s\n", kind, config::to_string(file, problem).c_str());
}

}  // namespace

int run_serve(std::span<char const* const> arguments) {
  std::string file;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view const argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      std::fputs(kUsage, stdout);
      return 0;
    }
    if (argument == "--config" && i + 1 < arguments.size()) {
      file = arguments[++i];
    } else if (argument.starts_with("--config=")) {
      file = argument.substr(9);
    } else {
      std::fprintf(stderr, "inferway serve: unexpected '%s'\n%s", arguments[i], kUsage);
      return 2;
    }
  }
  if (file.empty()) {
    std::fprintf(stderr, "inferway serve: --config FILE is missing\n%s", kUsage);
    return 2;
  }
  auto loaded = config::load_file(file);
  for (auto const& problem : loaded.errors) print(file, problem, "");
  if (!loaded.config) return 2;
  auto const unusable = app::check_tls_files(*loaded.config);
  for (auto const& problem : unusable) print(file, problem, "");
  if (!unusable.empty()) return 2;
  for (auto const& problem : loaded.warnings) print(file, problem, "warning: ");
  return app::serve(std::move(*loaded.config));
}

}  // namespace inferway::cli
