#pragma once

#include "clock.hpp"

#include <cstdint>
#include <string>

namespace bench {

/// The course of a load: warming up, the time that is measured, and the end, when what was begun is finished. Says on
/// stdout when the measured time begins and ends, so that the script reads CPU times then.
class Window {
 public:
  Window(Nanos warm, Nanos measured);

  /// To be called often. `open`: connections (or streams) that are at work, for the script to see.
  void advance(Nanos now, std::uint64_t open);

  bool measuring() const { return phase_ == Phase::measured; }
  bool finishing() const { return phase_ == Phase::finishing; }
  /// Whether what was begun has had long enough to finish.
  bool overdue(Nanos now) const { return finishing() && now > end_ + 15 * kSecond; }
  Nanos next(Nanos now) const;
  double measured_seconds() const { return static_cast<double>(end_ - begin_) / kSecond; }

 private:
  enum class Phase : std::uint8_t { warm, measured, finishing };

  Phase phase_ = Phase::warm;
  Nanos begin_;
  Nanos end_;
  Nanos measured_;
};

/// What a load has found out, but for its errors.
class Errors {
 public:
  /// Counts; the first one is kept, to be shown.
  void add(std::string const& what);
  std::uint64_t count() const { return count_; }
  std::string const& first() const { return first_; }

 private:
  std::uint64_t count_ = 0;
  std::string first_;
};

}  // namespace bench
