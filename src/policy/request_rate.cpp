#include "inferway/policy/request_rate.hpp"

#include <algorithm>

namespace inferway::policy {

std::optional<RequestRate::Refusal> RequestRate::take(TimePoint now) {
  auto const at = std::chrono::nanoseconds(now.time_since_epoch()).count();
  auto const most = at + interval_ * (static_cast<Ticks>(per_minute_) - 1);
  auto full_at = full_at_.load(std::memory_order_relaxed);
  while (true) {
    if (full_at > most)
      return Refusal{std::chrono::nanoseconds(full_at - most), std::chrono::nanoseconds(full_at - at)};
    // Nothing but the number itself is handed over, so relaxed will do.
    if (full_at_.compare_exchange_weak(full_at, std::max(full_at, at) + interval_, std::memory_order_relaxed)) {
      return std::nullopt;
    }
  }
}

}  // namespace inferway::policy
