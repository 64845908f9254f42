#pragma once

#include "inferway/telemetry/telemetry.hpp"

#include <array>
#include <chrono>
#include <cstdint>

namespace inferway::telemetry {

/// Upper bounds of the buckets (inclusive). From an answer out of a cache to a long reasoning stream.
inline constexpr std::array<std::chrono::milliseconds, 18> kBounds{
    std::chrono::milliseconds(1),       std::chrono::milliseconds(2),       std::chrono::milliseconds(5),
    std::chrono::milliseconds(10),      std::chrono::milliseconds(20),      std::chrono::milliseconds(50),
    std::chrono::milliseconds(100),     std::chrono::milliseconds(200),     std::chrono::milliseconds(500),
    std::chrono::milliseconds(1'000),   std::chrono::milliseconds(2'000),   std::chrono::milliseconds(5'000),
    std::chrono::milliseconds(10'000),  std::chrono::milliseconds(20'000),  std::chrono::milliseconds(60'000),
    std::chrono::milliseconds(120'000), std::chrono::milliseconds(300'000), std::chrono::milliseconds(600'000)};
inline constexpr std::size_t kBuckets = kBounds.size() + 1;  ///< the last one: above every bound

/// How long something took. Written by one thread, read by any.
class Histogram {
 public:
  /// A negative duration (a clock that was set) counts as zero.
  void observe(std::chrono::nanoseconds duration);

  [[nodiscard]] std::uint64_t bucket(std::size_t index) const { return buckets_[index].get(); }
  [[nodiscard]] std::uint64_t sum_ns() const { return sum_ns_.get(); }

 private:
  std::array<Counter, kBuckets> buckets_;
  Counter sum_ns_;
};

/// Histograms of several shards added up, as plain numbers.
struct HistogramTotals {
  std::array<std::uint64_t, kBuckets> buckets{};
  std::uint64_t sum_ns = 0;

  void add(Histogram const& histogram);
};

}  // namespace inferway::telemetry
