#include "inferway/balance/latency_sketch.hpp"

#include "inferway/balance/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <thread>
#include <vector>

namespace inferway::balance {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TimePoint const kNow = TimePoint{} + std::chrono::hours(1000);

double in_seconds(std::optional<Duration> duration) {
  return duration ? std::chrono::duration<double>(*duration).count() : -1;
}

struct SpreadRow {
  char const* name;
  double lowest;   ///< seconds
  double highest;  ///< evenly spread (in logarithms) between the two
};
constexpr SpreadRow kSpreadRows[] = {
    {"a_cache", 0.0005, 0.003}, {"a_model", 0.1, 3}, {"reasoning", 5, 300}, {"alike", 0.25, 0.25}, {"wide", 0.001, 100},
};
class LatencySketchTest : public testing::TestWithParam<SpreadRow> {};

TEST_P(LatencySketchTest, is_right_within_an_eighth) {
  LatencySketch sketch;
  std::vector<double> all;
  Random random(3);
  for (int i = 0; i < 5'000; ++i) {
    auto const part = static_cast<double>(random.below(1'000'000)) / 1e6;
    auto const took = GetParam().lowest * std::pow(GetParam().highest / GetParam().lowest, part);
    all.push_back(took);
    sketch.add(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(took)), kNow + milliseconds(i));
  }
  std::ranges::sort(all);
  for (auto const share : {0.5, 0.9, 0.95, 0.99}) {
    auto const exact = all[static_cast<std::size_t>(share * static_cast<double>(all.size())) - 1];
    EXPECT_NEAR(in_seconds(sketch.quantile(share, kNow + seconds(5))), exact, exact / 8) << share;
  }
}
INSTANTIATE_TEST_SUITE_P(Rows, LatencySketchTest, testing::ValuesIn(kSpreadRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(LatencySketchRulesTest, says_nothing_of_few_samples) {
  LatencySketch sketch;
  for (std::uint64_t i = 1; i < LatencySketch::kLeastSamples; ++i) sketch.add(milliseconds(10), kNow);
  EXPECT_FALSE(sketch.quantile(0.95, kNow));
  sketch.add(milliseconds(10), kNow);
  EXPECT_TRUE(sketch.quantile(0.95, kNow));
}

TEST(LatencySketchRulesTest, forgets_after_a_minute) {
  LatencySketch sketch;
  for (int i = 0; i < 100; ++i) sketch.add(seconds(1), kNow);
  EXPECT_TRUE(sketch.quantile(0.5, kNow + seconds(59)));
  EXPECT_FALSE(sketch.quantile(0.5, kNow + seconds(76)));
  // The ring comes round: what is counted anew is counted alone.
  for (int i = 0; i < 100; ++i) sketch.add(milliseconds(1), kNow + seconds(120));
  EXPECT_LT(in_seconds(sketch.quantile(0.99, kNow + seconds(120))), 0.01);
}

TEST(LatencySketchRulesTest, takes_any_duration) {
  LatencySketch sketch;
  for (int i = 0; i < 10; ++i) {
    sketch.add(Duration(-5), kNow);
    sketch.add(Duration(0), kNow);
    sketch.add(std::chrono::hours(1000), kNow);
  }
  EXPECT_LE(in_seconds(sketch.quantile(0.5, kNow)), 1e-4);
  EXPECT_GE(in_seconds(sketch.quantile(1, kNow)), 1'000);
}

TEST(LatencySketchThreadsTest, workers_lose_nothing_within_a_quarter) {
  LatencySketch sketch;
  sketch.add(milliseconds(100), kNow);
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) sketch.add(i % 10 == 0 ? milliseconds(900) : milliseconds(100), kNow);
    });
  }
  for (auto& worker : workers) worker.join();
  EXPECT_NEAR(in_seconds(sketch.quantile(0.89, kNow)), 0.1, 0.0125);
  EXPECT_NEAR(in_seconds(sketch.quantile(0.91, kNow)), 0.9, 0.1125);
}

}  // namespace
}  // namespace inferway::balance
