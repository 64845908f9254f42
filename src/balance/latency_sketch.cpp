#include "inferway/balance/latency_sketch.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace inferway::balance {

namespace {

constexpr unsigned kLowestBit = 16;  ///< of the first bucket's lower end, in nanoseconds

std::uint64_t number_of(TimePoint now) {
  // From 1: 0 stands for a quarter that never was.
  return static_cast<std::uint64_t>(now.time_since_epoch() / LatencySketch::kQuarter) + 1;
}

}  // namespace

std::size_t LatencySketch::bucket_of(Duration took) {
  auto const count = std::chrono::duration_cast<std::chrono::nanoseconds>(took).count();
  auto const ns = static_cast<std::uint64_t>(std::max<std::int64_t>(count, 1));
  auto const top = static_cast<unsigned>(std::bit_width(ns)) - 1;
  if (top < kLowestBit) return 0;
  auto const eighth = (ns >> (top - 3)) & 7U;
  return std::min<std::size_t>((top - kLowestBit) * 8 + eighth, kBuckets - 1);
}

double LatencySketch::lower_end_ns(std::size_t bucket) {
  if (bucket == 0) return 0;  // and all below it
  return std::ldexp(1 + static_cast<double>(bucket % 8) / 8, static_cast<int>(kLowestBit + bucket / 8));
}

void LatencySketch::add(Duration took, TimePoint now) {
  auto const number = number_of(now);
  auto& quarter = quarters_[number % kRing];
  auto seen = quarter.number.load(std::memory_order_relaxed);
  if (seen < number && quarter.number.compare_exchange_strong(seen, number, std::memory_order_relaxed)) {
    for (auto& count : quarter.counts) count.store(0, std::memory_order_relaxed);
  }
  quarter.counts[bucket_of(took)].fetch_add(1, std::memory_order_relaxed);
}

std::optional<Duration> LatencySketch::quantile(double share, TimePoint now) const {
  std::array<std::uint64_t, kBuckets> sums{};
  std::uint64_t total = 0;
  auto const last = number_of(now);
  for (auto const& quarter : quarters_) {
    auto const number = quarter.number.load(std::memory_order_relaxed);
    if (number == 0 || number + kQuarters <= last) continue;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      auto const count = quarter.counts[i].load(std::memory_order_relaxed);
      sums[i] += count;
      total += count;
    }
  }
  if (total < kLeastSamples) return std::nullopt;
  auto const wanted = std::clamp(share, 0.0, 1.0) * static_cast<double>(total);
  double below = 0;
  std::size_t bucket = 0;
  while (bucket + 1 < kBuckets && below + static_cast<double>(sums[bucket]) < wanted) {
    below += static_cast<double>(sums[bucket++]);
  }
  // Within a bucket they are thought evenly spread.
  auto const part = sums[bucket] == 0 ? 0 : (wanted - below) / static_cast<double>(sums[bucket]);
  auto const low = lower_end_ns(bucket);
  auto const high = lower_end_ns(bucket + 1);
  auto const ns = low + std::clamp(part, 0.0, 1.0) * (high - low);
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::nano>(ns));
}

}  // namespace inferway::balance
