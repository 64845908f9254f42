#include "arguments.hpp"
#include "inferway/app/tls_files.hpp"
#include "inferway/cli/commands.hpp"
#include "inferway/config/loader.hpp"
#include "routing_table.hpp"

#include <cstdint>
#include <cstdio>
#include <expected>
#include <string>
#include <string_view>

namespace inferway::cli {
namespace {

constexpr char kUsage[] =
    "usage: inferway check --config FILE [--format text|json]\n"
    "\n"
    "Validates a configuration without starting anything, and prints its routing table.\n"
    "Exit status: 0 when the file is valid, 2 when it is refused (or the command line is wrong).\n";

enum class Format : std::uint8_t { text, json };

struct Options {
  std::string file;
  Format format = Format::text;
  bool help = false;
};

std::expected<Options, std::string> parse_options(std::span<char const* const> arguments) {
  Options out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view const argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      out.help = true;
    } else if (auto const file = option("--config", arguments, i)) {
      out.file = *file;
    } else if (auto const format = option("--format", arguments, i)) {
      if (*format != "text" && *format != "json") {
        return std::unexpected("--format is text or json, not '" + std::string(*format) + "'");
      }
      out.format = *format == "json" ? Format::json : Format::text;
    } else {
      return std::unexpected("unexpected '" + std::string(argument) + "'");
    }
  }
  if (out.file.empty() && !out.help) return std::unexpected(std::string("--config FILE is missing"));
  return out;
}

void print(std::string const& text, std::FILE* to) { std::fwrite(text.data(), 1, text.size(), to); }

}  // namespace

int run_check(std::span<char const* const> arguments) {
  auto const options = parse_options(arguments);
  if (!options) {
    print("inferway check: " + options.error() + "\n" + kUsage, stderr);
    return 2;
  }
  if (options->help) {
    print(kUsage, stdout);
    return 0;
  }
  auto loaded = config::load_file(options->file);
  if (loaded.config) loaded.errors = app::check_tls_files(*loaded.config);
  if (!loaded.errors.empty()) loaded.config.reset();
  for (auto const& problem : loaded.errors) print(config::to_string(options->file, problem) + "\n", stderr);
  if (options->format == Format::json) {
    print(routing_table_json(options->file, loaded), stdout);
  } else if (loaded.config) {
    print(routing_table_text(loaded), stdout);
  }
  return loaded.config ? 0 : 2;
}

}  // namespace inferway::cli
