#pragma once

#include "clock.hpp"

#include <array>
#include <cstdint>

namespace bench {

/// A histogram of durations, exact to 1.6 %.
class Latency {
 public:
  void add(Nanos duration);
  /// The duration that this share of all did not exceed, in microseconds; 0 when there are none.
  double percentile_us(double percent) const;

 private:
  static constexpr unsigned kSteps = 64;  // for each doubling

  std::array<std::uint64_t, std::size_t{64} * kSteps> counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace bench
