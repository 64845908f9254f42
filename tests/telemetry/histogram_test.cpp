#include "histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace inferway::telemetry {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

struct Observation {
  char const* name;
  nanoseconds duration;
  std::size_t bucket;
  std::uint64_t sum_ns;
};

class HistogramObserve : public testing::TestWithParam<Observation> {};

TEST_P(HistogramObserve, counts_once_in_the_first_bucket_that_holds_it) {
  Histogram histogram;
  histogram.observe(GetParam().duration);
  for (std::size_t i = 0; i < kBuckets; ++i) EXPECT_EQ(histogram.bucket(i), i == GetParam().bucket ? 1U : 0U) << i;
  EXPECT_EQ(histogram.sum_ns(), GetParam().sum_ns);
}

INSTANTIATE_TEST_SUITE_P(
    Durations, HistogramObserve,
    testing::Values(Observation{"nothing", nanoseconds(0), 0, 0},
                    Observation{"a_clock_set_back", nanoseconds(-5), 0, 0},
                    Observation{"on_the_first_bound", milliseconds(1), 0, 1'000'000},
                    Observation{"just_above_the_first_bound", milliseconds(1) + nanoseconds(1), 1, 1'000'001},
                    Observation{"within", milliseconds(700), 9, 700'000'000},
                    Observation{"on_the_last_bound", seconds(600), kBuckets - 2, 600'000'000'000},
                    Observation{"above_all_bounds", seconds(3600), kBuckets - 1, 3'600'000'000'000}),
    [](auto const& row) { return row.param.name; });

TEST(Histogram, bounds_rise) { EXPECT_TRUE(std::ranges::is_sorted(kBounds)); }

TEST(HistogramTotals, add_up_several_histograms) {
  Histogram first;
  Histogram second;
  first.observe(milliseconds(1));
  second.observe(milliseconds(1));
  second.observe(seconds(1000));
  HistogramTotals totals;
  totals.add(first);
  totals.add(second);
  EXPECT_EQ(totals.buckets[0], 2U);
  EXPECT_EQ(totals.buckets[kBuckets - 1], 1U);
  EXPECT_EQ(totals.sum_ns, 1'000'002'000'000U);
}

}  // namespace
}  // namespace inferway::telemetry
