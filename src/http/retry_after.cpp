#include "inferway/http/retry_after.hpp"

#include "inferway/base/text.hpp"
#include "inferway/http/date.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace inferway::http {

namespace {

using std::chrono::milliseconds;
constexpr double kMostMilliseconds = 365.0 * 24 * 3600 * 1000;

/// A count, perhaps with a fraction, which the RFC does not know but servers send. Nothing: it is none.
std::optional<milliseconds> parse_count(std::string_view text, double milliseconds_each) {
  double value = 0;
  double place = 0;  // 0: before the point
  bool digits = false;
  for (char const c : text) {
    if (c == '.' && place == 0 && digits) {
      place = 1;
    } else if (c >= '0' && c <= '9') {
      digits = true;
      place /= 10;
      value = place == 0 ? value * 10 + (c - '0') : value + (c - '0') * place;
    } else {
      return std::nullopt;
    }
  }
  if (!digits) return std::nullopt;
  return milliseconds(static_cast<std::int64_t>(std::ceil(std::min(value * milliseconds_each, kMostMilliseconds))));
}

}  // namespace

std::optional<milliseconds> retry_after(ResponseHead const& head, std::chrono::system_clock::time_point now) {
  if (auto const* const field = head.find("retry-after-ms"); field != nullptr) {
    if (auto const count = parse_count(field->value, 1)) return count;
  }
  auto const* const field = head.find(FieldId::retry_after);
  if (field == nullptr) return std::nullopt;
  if (auto const count = parse_count(field->value, 1000)) return count;
  auto const date = parse_date(field->value);
  if (!date) return std::nullopt;
  milliseconds const most(static_cast<std::int64_t>(kMostMilliseconds));
  return std::clamp<milliseconds>(*date - std::chrono::floor<std::chrono::seconds>(now), milliseconds(0), most);
}

}  // namespace inferway::http
