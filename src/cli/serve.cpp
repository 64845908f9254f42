#include "inferway/app/confinement.hpp"
#include "inferway/app/gateway.hpp"
#include "inferway/app/tls_files.hpp"
#include "inferway/cli/commands.hpp"
#include "inferway/config/loader.hpp"

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace inferway::cli {

namespace {

constexpr char kUsage[] =
    "usage: inferway serve --config FILE [--user NAME[:GROUP]] [--filter-system-calls]\n"
    "\n"
    "Runs the gateway. SIGTERM or SIGINT drains it, a second one ends it at once; SIGHUP reads the configuration "
    "anew,\n"
    "SIGUSR1 opens the access log anew, SIGUSR2 starts another process (of a new version) that takes over.\n"
    "\n"
    "  --config FILE            the configuration\n"
    "  --user NAME[:GROUP]      become this user first (UID:GID will do): root starts it, ports below 1024 still "
    "work,\n"
    "                           and every file is read as this user\n"
    "  --filter-system-calls    deny system calls that no gateway makes, with an error; costs 4 % more CPU a request\n"
    "\n"
    "Exit status: 0 after a drain, 1 when it cannot start, 2 for a wrong configuration or command line.\n";

void print(std::string const& file, config::Problem const& problem, char const* kind) {
  std::fprintf(stderr, "%s%s\n", kind, config::to_string(file, problem).c_str());
}

struct Options {
  std::string file;
  app::Confinement confinement;
  bool help = false;
};

/// The value of `--name value` or `--name=value`, when that is what stands at `i`, which then is at the value.
std::optional<std::string> value_of(std::string_view name, std::span<char const* const> arguments, std::size_t& i) {
  std::string_view const argument = arguments[i];
  if (argument == name && i + 1 < arguments.size()) return arguments[++i];
  if (!argument.starts_with(name) || argument.substr(name.size(), 1) != "=") return std::nullopt;
  return std::string(argument.substr(name.size() + 1));
}

/// Nothing after it has said what is wrong.
std::optional<Options> parse(std::span<char const* const> arguments) {
  Options out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view const argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      out.help = true;
      return out;
    }
    if (argument == "--filter-system-calls") {
      out.confinement.filter_system_calls = true;
    } else if (auto const file = value_of("--config", arguments, i)) {
      out.file = *file;
    } else if (auto const user = value_of("--user", arguments, i); user && !user->empty()) {
      out.confinement.user = *user;
    } else {
      std::fprintf(stderr, "inferway serve: unexpected '%s'\n%s", arguments[i], kUsage);
      return std::nullopt;
    }
  }
  if (!out.file.empty()) return out;
  std::fprintf(stderr, "inferway serve: --config FILE is missing\n%s", kUsage);
  return std::nullopt;
}

}  // namespace

int run_serve(std::span<char const* const> arguments) {
  auto const options = parse(arguments);
  if (!options) return 2;
  if (options->help) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  // Before anything is read: what can be read now can be read at a reload, too.
  auto const confined = app::confine(options->confinement);
  if (!confined) {
    std::fprintf(stderr, "inferway serve: %s\n", confined.error().c_str());
    return 1;
  }
  for (auto const& warning : *confined) std::fprintf(stderr, "inferway serve: warning: %s\n", warning.c_str());
  auto const& file = options->file;
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
