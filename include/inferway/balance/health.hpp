#pragma once

#include "inferway/balance/tally.hpp"
#include "inferway/base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace inferway::balance {

/// Of about the last 10 seconds: that many requests must have ended before their share of failures says anything.
inline constexpr std::uint32_t kTellingRequests = 20;
/// Of these, fewer than so many in a hundred went well: the endpoint is ejected.
inline constexpr std::uint32_t kLeastWellPercent = 50;
/// The n-th ejection lasts n times `eject`, but no longer than so many times it.
inline constexpr std::uint32_t kMostEjections = 10;
/// What an answer's Retry-After can ask for at most.
inline constexpr Duration kMostRest = std::chrono::hours(1);
/// An endpoint that returns gets this share of its weight at first, and its whole weight after kSlowStart.
inline constexpr std::uint32_t kFirstShare = 10;
inline constexpr Duration kSlowStart = std::chrono::seconds(30);

/// What an operator wants of an endpoint. Neither a drained nor a disabled one is given requests; those it has may end.
/// A disabled one is not checked either.
enum class AdminState : std::uint8_t { enabled, drained, disabled };

/// What an endpoint is: the first of these, from the last to the first, that is true.
enum class Standing : std::uint8_t { up, starting, unhealthy, ejected, resting, drained, disabled };
inline constexpr std::size_t kStandingCount = 7;

struct HealthRules {
  std::uint32_t consecutive_failures = 5;
  Duration eject = std::chrono::seconds(30);
  std::uint32_t max_ejected_percent = 50;
  std::uint32_t unhealthy_after = 3;
  std::uint32_t healthy_after = 2;
};

/// How many of so many endpoints may be ejected at once: their share rounded down, but one at least where there are two
/// and the share is not 0. The only endpoint of a backend is ejected by 100 % alone: it would be tried anyway.
[[nodiscard]] std::size_t most_ejected(std::size_t endpoints, std::uint32_t max_ejected_percent);

/// What choosing has to know of one endpoint: three times, so that workers share them in three atomics.
/// TimePoint::min(): never was, TimePoint::max(): until something happens. Read one by one they may stem from two
/// changes in a row, which misjudges one request.
struct Schedule {
  TimePoint closed_until = TimePoint::min();   ///< resting, drained or disabled: it is not to be tried
  TimePoint doubted_until = TimePoint::min();  ///< ejected or unhealthy: only when there is no other
  TimePoint starts_at = TimePoint::min();      ///< the beginning of its slow start

  [[nodiscard]] bool operator==(Schedule const&) const = default;
};

/// The share of its weight, in percent: a straight line from kFirstShare to 100.
[[nodiscard]] std::uint32_t share_of(Schedule const& schedule, TimePoint now);
/// Whether there is nothing to know of it any more, now and later, unless something happens.
[[nodiscard]] bool is_plain(Schedule const& schedule, TimePoint now);

/// The health of one endpoint: what happened goes in, what it means comes out. Not for several threads at once.
class EndpointHealth {
 public:
  enum class Verdict : std::uint8_t {
    none,  ///< nothing changes
    row,   ///< too many failures in a row
    rate,  ///< too many of the last requests failed
  };

  /// Whether `tally`, into which a failure was counted just now, is that of an endpoint to be ejected. Never of one
  /// that is ejected, drained or disabled.
  [[nodiscard]] Verdict judge(Tally tally, HealthRules const& rules, TimePoint now) const;
  /// Ejects it: the time of its return. The n-th time in a row lasts n times as long as the first (bounded); each
  /// `eject` that it went well since its last return makes one forgotten.
  TimePoint eject(HealthRules const& rules, TimePoint now);
  /// It wants to be left alone until then. The later of two such times counts. False: it rests that long anyway.
  bool cool_down(TimePoint until, TimePoint now);
  /// The result of one active check: whether it became healthy (true) or unhealthy (false); else nothing.
  std::optional<bool> checked(bool passed, HealthRules const& rules, TimePoint now);
  /// It is checked no more, so nothing is known: true when it was unhealthy.
  bool unchecked(TimePoint now);
  /// False: nothing changes. Who enables one says that it is in order: an ejection ends, and one that was disabled, and
  /// so not checked, is taken to be healthy. A rest goes on, for that is the endpoint's own wish. It starts slowly.
  bool set_admin(AdminState state, TimePoint now);

  [[nodiscard]] Standing standing(TimePoint now) const;
  /// When the standing changes by itself; TimePoint::max(): it does not.
  [[nodiscard]] TimePoint until(TimePoint now) const;
  [[nodiscard]] Schedule schedule() const;

  [[nodiscard]] AdminState admin() const { return admin_; }
  [[nodiscard]] bool is_ejected(TimePoint now) const { return ejected_until_ > now; }
  [[nodiscard]] bool is_unhealthy() const { return unhealthy_; }

 private:
  AdminState admin_ = AdminState::enabled;
  bool unhealthy_ = false;
  std::uint32_t contradicted_ = 0;  ///< checks in a row that say the contrary of what is held of it
  std::uint32_t ejections_ = 0;
  TimePoint ejected_until_ = TimePoint::min();
  TimePoint resting_until_ = TimePoint::min();
  TimePoint returned_ = TimePoint::min();  ///< healthy or enabled again
};

}  // namespace inferway::balance
