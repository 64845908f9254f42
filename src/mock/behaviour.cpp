#include "inferway/mock/behaviour.hpp"

#include "inferway/base/text.hpp"

#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace inferway::mock {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kMaxTokens = 10'000'000;
constexpr std::uint64_t kMaxHints = 1'000'000;

std::unexpected<Error> refused(std::string_view name, std::string_view value, std::string_view expected) {
  return client_error(ErrorCode::bad_request,
                      std::string(name) + ": '" + std::string(value) + "' is not " + std::string(expected));
}

Result<milliseconds> parse_duration(std::string_view name, std::string_view value) {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 3> kUnits{
      {{"ms", 1}, {"s", 1'000}, {"m", 60'000}}};
  if (value == "0") return milliseconds(0);
  for (auto const& [unit, factor] : kUnits) {
    if (!value.ends_with(unit)) continue;
    auto const number = parse_decimal(value.substr(0, value.size() - unit.size()));
    if (number && *number <= 86'400'000 / factor) return milliseconds(*number * factor);
  }
  return refused(name, value, "a duration of at most a day (250ms, 2s, 1m)");
}

Result<std::uint64_t> parse_number(std::string_view name, std::string_view value, std::uint64_t max) {
  auto const number = parse_decimal(value);
  if (!number || *number > max) return refused(name, value, "a number from 0 to " + std::to_string(max));
  return *number;
}

Result<unsigned> parse_status(std::string_view name, std::string_view value) {
  auto const number = parse_decimal(value);
  if (!number || (*number != 200 && (*number < 400 || *number > 599))) {
    return refused(name, value, "200 or an error status (400 to 599)");
  }
  return static_cast<unsigned>(*number);
}

Result<double> parse_share(std::string_view name, std::string_view value) {
  double share = -1;
  auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), share, std::chars_format::fixed);
  if (error != std::errc() || end != value.data() + value.size() || !(share >= 0 && share <= 1)) {
    return refused(name, value, "a share from 0 to 1");
  }
  return share;
}

Result<bool> parse_switch(std::string_view name, std::string_view value) {
  if (value != "true" && value != "false") return refused(name, value, "true or false");
  return value == "true";
}

template <typename T, typename Member>
Result<void> assign(Member& member, Result<T> value) {
  if (!value) return std::unexpected(std::move(value.error()));
  member = *value;
  return {};
}

}  // namespace

Result<void> set(Behaviour& behaviour, std::string_view name, std::string_view value) {
  if (name == "first-token") return assign(behaviour.first_token, parse_duration(name, value));
  if (name == "token-interval") return assign(behaviour.token_interval, parse_duration(name, value));
  if (name == "tokens") return assign(behaviour.tokens, parse_number(name, value, kMaxTokens));
  if (name == "status") return assign(behaviour.status, parse_status(name, value));
  if (name == "fail-rate") return assign(behaviour.fail_rate, parse_share(name, value));
  if (name == "cut-after") return assign(behaviour.cut_after, parse_number(name, value, kMaxTokens));
  if (name == "cut-bytes") return assign(behaviour.cut_bytes, parse_number(name, value, UINT64_MAX));
  if (name == "reset") return assign(behaviour.reset, parse_switch(name, value));
  if (name == "stall-after") return assign(behaviour.stall_after, parse_number(name, value, kMaxTokens));
  if (name == "error-after") return assign(behaviour.error_after, parse_number(name, value, kMaxTokens));
  if (name == "error-code") return assign(behaviour.error_code, Result<std::string>(value));
  if (name == "error-message") return assign(behaviour.error_message, Result<std::string>(value));
  if (name == "close-rate") return assign(behaviour.close_rate, parse_share(name, value));
  if (name == "stall-head") return assign(behaviour.stall_head, parse_share(name, value));
  if (name == "early-hints") return assign(behaviour.early_hints, parse_number(name, value, kMaxHints));
  if (name == "retry-after") return assign(behaviour.retry_after, parse_duration(name, value));
  if (name == "idle-close") return assign(behaviour.idle_close, parse_duration(name, value));
  if (name == "seed") return assign(behaviour.seed, parse_number(name, value, UINT64_MAX));
  return client_error(ErrorCode::bad_request, "'" + std::string(name) + "' is no behaviour of the mock");
}

}  // namespace inferway::mock
