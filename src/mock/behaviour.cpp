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
  if (name == "seed") return assign(behaviour.seed, parse_number(name, value, UINT64_MAX));
  return client_error(ErrorCode::bad_request, "'" + std::string(name) + "' is no behaviour of the mock");
}

}  // namespace inferway::mock
