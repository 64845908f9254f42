#pragma once

#include "inferway/base/clock.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

namespace inferway::policy {

/// How often something may happen: a bucket of `per_minute` tokens, full at first, that is refilled by as many a
/// minute. Exact over all threads without a lock: of callers at one moment never more than `per_minute` get through,
/// and none is refused while there is a token. (The minute after a pause may so see up to twice as many.)
///
/// Kept as one number, the time at which the bucket will be full again (GCRA, the generic cell rate algorithm): a token
/// taken moves it on by the time that one needs to come back, and there is none when it lies a minute's worth ahead.
class RateRule {
 public:
  using Ticks = std::int64_t;
  using State = std::atomic<Ticks>;
  static constexpr Ticks kFull = std::numeric_limits<Ticks>::min();
  static constexpr std::uint32_t kMost = 1'000'000'000;

  /// `per_minute`: 1 to kMost.
  explicit RateRule(std::uint32_t per_minute) : per_minute_(per_minute), interval_(interval_of(per_minute)) {}

  struct Refusal {
    std::chrono::nanoseconds retry_after;  ///< until there is a token again; above zero
    std::chrono::nanoseconds full_after;   ///< until all of them are there again
  };
  /// Takes a token; nothing when there was one. `now` may lag behind that of other threads a little: a token then
  /// counts as taken at the later time.
  [[nodiscard]] std::optional<Refusal> take(State& full_at, TimePoint now) const;
  /// All tokens are there: nothing is to be remembered.
  [[nodiscard]] static bool is_full(State const& full_at, TimePoint now) {
    return full_at.load(std::memory_order_relaxed) <= std::chrono::nanoseconds(now.time_since_epoch()).count();
  }

  [[nodiscard]] std::uint32_t per_minute() const { return per_minute_; }

 private:
  /// Rounded up: where it does not come out even, a little less than `per_minute` get through and not more.
  [[nodiscard]] static Ticks interval_of(std::uint32_t per_minute) {
    constexpr Ticks kMinute = std::chrono::nanoseconds(std::chrono::minutes(1)).count();
    return (kMinute + per_minute - 1) / per_minute;
  }

  std::uint32_t per_minute_;
  Ticks interval_;  ///< nanoseconds in which one token comes back
};

/// A rule and one bucket of it.
class RequestRate {
 public:
  using Refusal = RateRule::Refusal;
  static constexpr std::uint32_t kMost = RateRule::kMost;

  explicit RequestRate(std::uint32_t per_minute) : rule_(per_minute) {}
  /// As full, in proportion, as another one is now: for a limit that was changed.
  RequestRate(std::uint32_t per_minute, RequestRate const& before) : RequestRate(per_minute) {
    full_at_ = before.full_at_.load(std::memory_order_relaxed);
  }

  [[nodiscard]] std::optional<Refusal> take(TimePoint now) { return rule_.take(full_at_, now); }
  [[nodiscard]] std::uint32_t per_minute() const { return rule_.per_minute(); }

 private:
  RateRule rule_;
  // A line of its own: workers write here at each request of the key.
  alignas(64) RateRule::State full_at_{RateRule::kFull};
};

}  // namespace inferway::policy
