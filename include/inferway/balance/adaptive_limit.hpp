#pragma once

#include "inferway/base/clock.hpp"

#include <cstdint>

namespace inferway::balance {

/// Finds how many requests at once an endpoint can bear (`max_inflight: auto`). A model server answers as quickly with
/// more requests in its batch, up to a knee; beyond it requests only wait for each other, and the time to the first
/// byte grows in proportion to their number. So the limit is raised by a step for as long as that costs no time, and
/// lowered by a step for as long as that gains time: each time two measurements that follow each other are compared,
/// one on either side of the step, so that a change in what is asked for (longer prompts, another hour) does not
/// mislead it. No time is taken for "good" once and for all. Steps are doublings at first, and get finer, down to one
/// request or a tenth, where neither direction helps; then the limit rests between trials.
///
/// Only requests that began with the limit reached tell something: a limit that nobody reaches stays as it is. Samples
/// of one endpoint, from any worker, one at a time: not thread-safe.
class AdaptiveLimit {
 public:
  static constexpr std::uint32_t kFloor = 1;
  static constexpr std::uint32_t kStart = 8;
  static constexpr std::uint32_t kCeiling = 4096;

  /// What may be in flight now: what was found, or what is on trial.
  [[nodiscard]] std::uint32_t limit() const { return level_; }
  /// What was found so far.
  [[nodiscard]] std::uint32_t settled() const { return settled_; }

  /// An answer began at `now`, `took` after its request; then `inflight` were in flight, itself included.
  void add(Duration took, std::uint32_t inflight, TimePoint now);

 private:
  /// The mean of the logarithms of times: one answer that takes a hundred times as long does not outweigh all others.
  struct Mean {
    void add(double value);
    [[nodiscard]] double value() const { return sum / count; }
    [[nodiscard]] double variance_of_mean() const;
    double count = 0;
    double sum = 0;
    double squares = 0;
  };
  enum class Direction : std::uint8_t { up, down };

  void settle(TimePoint now);
  void judge(TimePoint now);
  void accept(TimePoint now);
  void reject(TimePoint now);
  void begin_trial(TimePoint now);
  void change_to(std::uint32_t level, TimePoint now);
  [[nodiscard]] std::uint32_t next() const;
  [[nodiscard]] double standard_error_of_difference() const;

  std::uint32_t settled_ = kStart;
  std::uint32_t level_ = kStart;
  bool on_trial_ = false;
  Direction direction_ = Direction::up;
  std::uint32_t step_ = 3;  ///< the index of its factor
  std::uint32_t accepted_ = 0;
  std::uint32_t rejected_ = 0;
  std::uint32_t rest_ = 0;     ///< so many more measurements before the next trial
  std::uint32_t to_skip_ = 0;  ///< samples, since the level changed
  TimePoint changed_{};        ///< when the level did
  Mean reference_;             ///< at settled_, measured last
  Mean seen_;                  ///< at level_, under way
};

}  // namespace inferway::balance
