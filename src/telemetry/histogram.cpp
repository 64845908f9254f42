#include "histogram.hpp"

#include <algorithm>

namespace inferway::telemetry {

void Histogram::observe(std::chrono::nanoseconds duration) {
  auto const taken = std::max(duration, std::chrono::nanoseconds(0));
  auto const bound = std::ranges::lower_bound(kBounds, taken);
  buckets_[static_cast<std::size_t>(bound - kBounds.begin())].add();
  sum_ns_.add(static_cast<std::uint64_t>(taken.count()));
}

void HistogramTotals::add(Histogram const& histogram) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets[i] += histogram.bucket(i);
  sum_ns += histogram.sum_ns();
}

}  // namespace inferway::telemetry
