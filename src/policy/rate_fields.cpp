#include "inferway/policy/rate_fields.hpp"

namespace inferway::policy {

namespace {

using std::chrono::ceil;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::string duration_text(milliseconds duration) {
  if (duration < seconds(1)) return std::to_string(duration.count()) + "ms";
  std::string out;
  auto const whole = std::chrono::floor<minutes>(duration);
  if (whole.count() > 0) out = std::to_string(whole.count()) + "m";
  auto const rest = duration - whole;
  out += std::to_string(rest.count() / 1000);
  if (auto fraction = std::to_string(1000 + rest.count() % 1000); fraction != "1000") {
    fraction.erase(fraction.find_last_not_of('0') + 1);
    out += "." + fraction.substr(1);
  }
  return out + "s";
}

}  // namespace

RateFields rate_fields(RequestRate::Refusal const& refusal, std::uint32_t limit) {
  return {.retry_after = std::to_string(ceil<seconds>(refusal.retry_after).count()),
          .retry_after_ms = std::to_string(ceil<milliseconds>(refusal.retry_after).count()),
          .limit = std::to_string(limit),
          .reset = duration_text(ceil<milliseconds>(refusal.full_after))};
}

}  // namespace inferway::policy
