#pragma once

#include "inferway/base/clock.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

namespace inferway::balance {

/// How a backend's times to the first byte are spread, over the last minute: what a quantile of them is asked of.
/// Shared by all workers without a lock. Buckets grow by an eighth, so a quantile is right within an eighth; they are
/// kept by quarters of a minute, and the oldest quarter is forgotten as a whole.
class LatencySketch {
 public:
  static constexpr std::uint64_t kLeastSamples = 20;
  static constexpr Duration kQuarter = std::chrono::seconds(15);
  /// Of the quarter under way and of the four before it: of 60 to 75 s.
  static constexpr std::uint64_t kQuarters = 5;

  /// One relaxed add, but for the first in a quarter. (Samples that come at the very moment when a quarter begins may
  /// be lost.)
  void add(Duration took, TimePoint now);
  /// The time within which that share (0 to 1) of the answers began. Nothing when fewer than kLeastSamples are known.
  /// Goes through all buckets: not for each request.
  [[nodiscard]] std::optional<Duration> quantile(double share, TimePoint now) const;

 private:
  /// Eight for each doubling, from 2^16 ns (66 us) to 2^40 ns (18 minutes).
  static constexpr std::size_t kBuckets = 8 * 24;
  static constexpr std::size_t kRing = 8;  ///< more than kQuarters: a worker that is late finds its quarter
  static std::size_t bucket_of(Duration took);
  static double lower_end_ns(std::size_t bucket);

  struct Quarter {
    std::atomic<std::uint64_t> number{0};
    std::array<std::atomic<std::uint32_t>, kBuckets> counts{};
  };
  std::array<Quarter, kRing> quarters_{};
};

}  // namespace inferway::balance
