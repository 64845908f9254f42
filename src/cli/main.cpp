// The binary's entry: which command.

#include "inferway/cli/commands.hpp"
#include "inferway/net/tls.hpp"
#include "private_memory.hpp"

#include <cstdio>
#include <exception>
#include <span>
#include <string_view>

namespace {

constexpr char kUsage[] =
    "Inferway: a gateway for AI model APIs\n"
    "\n"
    "usage: inferway COMMAND [OPTIONS]\n"
    "\n"
    "  serve --config FILE    run the gateway\n"
    "  check --config FILE    validate a configuration and print its routes\n"
    "  health [OPTIONS]       ask a running gateway whether it is ready\n"
    "  explain --config FILE METHOD PATH\n"
    "                         say what the gateway would do with a request, and why\n"
    "  mock  [OPTIONS]        a model server double, for tests and demonstrations\n"
    "  version                print the version\n"
    "  help                   print this\n"
    "\n"
    "inferway COMMAND --help tells more.\n";

int run(std::span<char const* const> arguments) {
  std::string_view const command = arguments.size() > 1 ? arguments[1] : "help";
  auto const rest = arguments.subspan(arguments.size() > 1 ? 2 : 1);
  if (command == "serve") return inferway::cli::run_serve(rest);
  if (command == "check") return inferway::cli::run_check(rest);
  if (command == "health") return inferway::cli::run_health(rest);
  if (command == "explain") return inferway::cli::run_explain(rest);
  if (command == "mock") return inferway::cli::run_mock(rest);
  if (command == "version" || command == "--version") {
    std::puts("inferway " INFERWAY_VERSION);
    return 0;
  }
  if (command == "help" || command == "--help" || command == "-h") {
    std::fputs(kUsage, arguments.size() > 1 ? stdout : stderr);
    return arguments.size() > 1 ? 0 : 2;
  }
  std::fprintf(stderr, "inferway: unknown command '%s'; see inferway help\n", arguments[1]);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    inferway::net::let_openssl_wipe();
    if (auto const kept = inferway::cli::keep_memory_private(); !kept) {
      std::fprintf(stderr, "inferway: %s\n", kept.error().c_str());
      return 2;
    }
    return run({argv, static_cast<std::size_t>(argc)});
  } catch (std::exception const& error) {
    std::fprintf(stderr, "inferway: %s\n", error.what());
    return 1;
  }
}
