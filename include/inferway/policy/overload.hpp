#pragma once

#include "inferway/config/config.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

/// Who is refused before the hard limits refuse everybody.
namespace inferway::policy {

/// How hard it is pressed on one worker.
struct Pressure {
  double connections = 0;           ///< share of limits.connections in use, by all workers
  double buffered = 0;              ///< share of limits.buffered_bytes in use, by all workers
  std::chrono::nanoseconds lag{0};  ///< how late its event loop is, smoothed (SmoothedLag)
};

/// Up to these nobody is refused. A loop that is 100 ms late is felt by every stream; one that is a second late breaks
/// health checks and drives clients to try again, which makes it later still.
inline constexpr double kCalmShare = 0.8;
inline constexpr std::chrono::milliseconds kCalmLag{100};
inline constexpr std::chrono::milliseconds kFullLag{1'000};

/// From 0 (calm) to 1 (a hard limit is reached, or the loop is a second late). The worst of the three counts.
[[nodiscard]] double overload_level(Pressure const& pressure);

/// The lateness of an event loop without its spikes: one stall of a second lifts it by a quarter of one.
class SmoothedLag {
 public:
  void add(std::chrono::nanoseconds late) { value_ += (late - value_) / 4; }
  [[nodiscard]] std::chrono::nanoseconds get() const { return value_; }

 private:
  std::chrono::nanoseconds value_{0};
};

/// Which priorities are refused now. With n different ones the lowest is refused from the level 1/n on, the next from
/// 2/n, and so on; the highest never: only the hard limits themselves refuse it. A single priority so is never refused
/// here. What is refused is taken again when the level has fallen by half such a step below: at its edge nobody is
/// refused and taken in turn.
class Shedding {
 public:
  /// `priorities`: of all routes; any order, any number of times.
  explicit Shedding(std::vector<std::int64_t> priorities);
  explicit Shedding(std::vector<config::Route> const& routes);

  /// Whether there is anything to decide: more than one priority.
  [[nodiscard]] bool possible() const { return priorities_.size() > 1; }
  void update(double level);
  [[nodiscard]] bool refuses(std::int64_t priority) const { return priority < least_; }

 private:
  std::vector<std::int64_t> priorities_;                           ///< from the lowest on, each once
  std::size_t refused_ = 0;                                        ///< so many of the lowest
  std::int64_t least_ = std::numeric_limits<std::int64_t>::min();  ///< the lowest that is taken
};

}  // namespace inferway::policy
