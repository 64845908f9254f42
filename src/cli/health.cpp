#include "admin_question.hpp"
#include "inferway/base/text.hpp"
#include "inferway/cli/commands.hpp"
#include "inferway/config/admin_address.hpp"

#include <algorithm>
#include <cstdio>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace inferway::cli {
namespace {

constexpr char kUsage[] =
    "usage: inferway health [--config FILE | --address ADDRESS:PORT] [--live] [--timeout 2s]\n"
    "\n"
    "Asks a running gateway's admin port whether it is ready.\n"
    "\n"
    "  --config FILE           where: admin.address of this file (a wildcard address is asked on loopback)\n"
    "  --address ADDRESS:PORT  where: here, or unix:/path (default 127.0.0.1:9901)\n"
    "  --live                  whether it is alive, though it may be starting or draining\n"
    "  --timeout 2s            how long all of it may take, 1ms to 1h\n"
    "\n"
    "Exit status: 0 when it is, 1 when it is not or cannot be asked, 2 for a wrong command line.\n";

struct Options {
  std::optional<std::string> config;
  std::optional<std::string> address;
  bool live = false;
  Milliseconds timeout{2'000};
  bool help = false;
};

std::expected<Milliseconds, std::string> parse_timeout(std::string_view text) {
  constexpr Milliseconds kLongest = std::chrono::hours(1);
  constexpr std::pair<std::string_view, Milliseconds> kUnits[] = {{"ms", Milliseconds(1)},
                                                                  {"s", std::chrono::seconds(1)},
                                                                  {"m", std::chrono::minutes(1)},
                                                                  {"h", std::chrono::hours(1)}};
  for (auto const& [unit, size] : kUnits) {
    if (!text.ends_with(unit)) continue;
    auto const number = parse_decimal(text.substr(0, text.size() - unit.size()));
    if (!number) continue;
    if (*number == 0 || *number > static_cast<std::uint64_t>(kLongest / size)) break;
    return *number * size;
  }
  return std::unexpected("--timeout is 1ms to 1h (250ms, 2s, 1m), not '" + std::string(text) + "'");
}

/// Sets an option that has a value.
std::expected<void, std::string> set(Options& options, std::string_view name, std::string_view value) {
  if (name == "--timeout") {
    auto const timeout = parse_timeout(value);
    if (!timeout) return std::unexpected(timeout.error());
    options.timeout = *timeout;
    return {};
  }
  auto& place = name == "--config" ? options.config : options.address;
  if (value.empty()) return std::unexpected(std::string(name) + " is empty");
  place = value;
  return {};
}

std::expected<Options, std::string> parse_options(std::span<char const* const> arguments) {
  Options out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view const argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      out.help = true;
      continue;
    }
    if (argument == "--live") {
      out.live = true;
      continue;
    }
    auto const equals = argument.find('=');
    auto const name = argument.substr(0, equals);
    if (name != "--config" && name != "--address" && name != "--timeout") {
      return std::unexpected("unexpected '" + std::string(argument) + "'");
    }
    if (equals == std::string_view::npos && i + 1 == arguments.size()) {
      return std::unexpected(std::string(name) + " needs a value");
    }
    auto const set_it = set(out, name, equals == std::string_view::npos ? arguments[++i] : argument.substr(equals + 1));
    if (!set_it) return std::unexpected(set_it.error());
  }
  if (out.config && out.address) return std::unexpected(std::string("--config and --address exclude each other"));
  return out;
}

/// As the options say; the error is a whole sentence.
std::expected<config::Listen, std::string> chosen_address(Options const& options) {
  if (options.address) {
    auto address = config::parse_admin_address(*options.address);
    if (!address) return std::unexpected("--address: \"" + *options.address + "\" " + address.error());
    return std::move(*address);
  }
  if (options.config) {
    auto address = config::admin_address_of(*options.config);
    if (!address) return std::unexpected(config::to_string(*options.config, address.error()));
    return std::move(*address);
  }
  return config::Admin{}.address;
}

std::expected<config::Listen, std::string> address_to_ask(Options const& options) {
  auto address = chosen_address(options);
  if (address && address->unix_path.empty() && address->port == 0) {
    return std::unexpected(std::string("the admin port is 0, so the system chose one; say which by --address"));
  }
  return address;
}

/// The first line of an answer, as far as it may be shown on a terminal.
std::string first_line(std::string_view body) {
  constexpr std::size_t kMost = 80;
  std::string out;
  for (char const c : body.substr(0, std::min(body.find('\n'), kMost))) out += c >= ' ' && c <= '~' ? c : '?';
  return out;
}

/// The one line that is printed: what it is, or the error why it is not.
std::expected<std::string, std::string> examine(Options const& options) {
  auto const deadline = Clock::now() + options.timeout;
  auto const address = address_to_ask(options);
  if (!address) return std::unexpected(address.error());
  std::string const wanted = options.live ? "live" : "ready";
  auto const where = config::admin_address_text(*address);
  auto const answer = ask_admin(*address, "/" + wanted, deadline);
  if (!answer) return std::unexpected("not " + wanted + ": " + where + " " + answer.error());
  if (answer->status == 200 && answer->body == wanted + "\n") return wanted + ": " + where;
  return std::unexpected("not " + wanted + ": " + where + " answers " + std::to_string(answer->status) + ": " +
                         first_line(answer->body));
}

}  // namespace

int run_health(std::span<char const* const> arguments) {
  auto const options = parse_options(arguments);
  if (!options) {
    std::fprintf(stderr, "inferway health: %s\n%s", options.error().c_str(), kUsage);
    return 2;
  }
  if (options->help) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  auto const verdict = examine(*options);
  if (!verdict) {
    std::fprintf(stderr, "inferway health: %s\n", verdict.error().c_str());
    return 1;
  }
  std::printf("%s\n", verdict->c_str());
  return 0;
}

}  // namespace inferway::cli
