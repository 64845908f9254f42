#include "inferway/policy/request_rate.hpp"

#include <algorithm>

namespace inferway::policy {

std::optional<RateRule::Refusal> RateRule::take(State& full_at, TimePoint now) const {
  auto const at = std::chrono::nanoseconds(now.time_since_epoch()).count();
  auto const most = at + interval_ * (static_cast<Ticks>(per_minute_) - 1);
  auto known = full_at.load(std::memory_order_relaxed);
  while (true) {
    if (known > most) return Refusal{std::chrono::nanoseconds(known - most), std::chrono::nanoseconds(known - at)};
    // Nothing but the number itself is handed over, so relaxed will do.
    if (full_at.compare_exchange_weak(known, std::max(known, at) + interval_, std::memory_order_relaxed)) {
      return std::nullopt;
    }
  }
}

}  // namespace inferway::policy
