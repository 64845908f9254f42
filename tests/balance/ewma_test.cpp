#include "inferway/balance/ewma.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>
#include <string>
#include <vector>

namespace inferway::balance {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kDraws = 20'000;
TimePoint const kNow = TimePoint{} + std::chrono::hours(1000);

/// An endpoint that answered once, `since` before now.
Memory answered(Duration took, Duration since = Duration{}) {
  return remember(kNothing, Outcome::answered, took, kNow - since);
}

/// An endpoint that failed that often since it answered.
Memory failed(Memory memory, int times) {
  for (int i = 0; i < times; ++i) memory = remember(memory, Outcome::failed, milliseconds(1), kNow);
  return memory;
}

std::vector<int> counts(std::vector<Load> const& loads, std::vector<Memory> const& memories) {
  Random random(5);
  std::vector<int> out(loads.size());
  for (int i = 0; i < kDraws; ++i) ++out[ewma(loads, memories, kNow, random)];
  return out;
}

Memory const kFast = answered(milliseconds(100));
Memory const kSlow = answered(milliseconds(400));

struct TakenRow {
  char const* name;
  std::vector<Load> loads;
  std::vector<Memory> memories;
  std::set<std::size_t> want;  ///< the endpoints that are taken at all
};
TakenRow const kTakenRows[] = {
    {"one", {{3, 1}}, {kFast}, {0}},
    {"faster", {{0, 1}, {0, 1}}, {kSlow, kFast}, {1}},
    {"faster_with_more_in_flight", {{2, 1}, {0, 1}}, {kFast, kSlow}, {0}},
    {"slower_with_fewer_in_flight", {{4, 1}, {0, 1}}, {kFast, kSlow}, {1}},
    {"equals", {{2, 1}, {2, 1}}, {kFast, kFast}, {0, 1}},
    {"equal_per_weight", {{2, 2}, {1, 1}}, {kFast, kFast}, {0, 1}},
    {"less_per_weight", {{4, 4}, {2, 1}}, {kFast, kFast}, {0}},
    {"never_the_dearest_of_three", {{0, 1}, {0, 1}, {0, 1}}, {kFast, kSlow, answered(seconds(5))}, {0, 1}},
    {"nothing_known_by_requests", {{1, 1}, {0, 1}}, {kNothing, kNothing}, {1}},
    {"nothing_known", {{0, 1}, {0, 1}}, {kNothing, kNothing}, {0, 1}},
    {"a_new_one_ties_with_the_best", {{0, 1}, {0, 1}}, {kFast, kNothing}, {0, 1}},
    {"a_new_one_beats_a_slower_one", {{0, 1}, {0, 1}, {0, 0}}, {kSlow, kNothing, kFast}, {1}},
    {"a_new_one_is_not_flooded", {{1, 1}, {2, 1}}, {kFast, kNothing}, {0}},
    {"a_forgotten_one_ties_with_the_best", {{0, 1}, {0, 1}}, {kFast, answered(seconds(9), kForgotten)}, {0, 1}},
    {"an_old_one_fades", {{2, 1}, {0, 1}}, {kFast, answered(seconds(1), seconds(30))}, {1}},
    {"a_fresh_one_does_not", {{2, 1}, {0, 1}}, {kFast, answered(seconds(1), seconds(1))}, {0}},
    {"one_failure_is_a_nudge", {{2, 1}, {0, 1}}, {kFast, failed(kFast, 1)}, {0}},
    {"one_failure_is_no_more", {{4, 1}, {0, 1}}, {kFast, failed(kFast, 1)}, {1}},
    {"failures_outweigh_any_load", {{9'999, 1}, {0, 1}}, {kSlow, failed(kFast, 9)}, {0}},
    {"failing_from_the_start", {{999, 1}, {0, 1}}, {kSlow, failed(kNothing, 9)}, {0}},
    {"all_fail_by_load", {{1, 1}, {0, 1}}, {failed(kNothing, 9), failed(kNothing, 9)}, {1}},
    {"drained", {{0, 0}, {9, 1}, {9, 1}}, {kFast, kSlow, kSlow}, {1, 2}},
    {"all_drained_count_alike", {{0, 0}, {0, 0}}, {kFast, kFast}, {0, 1}},
    {"must_not_be_taken", {{0, 1, 0}, {9, 1}}, {kFast, kSlow}, {1}},
    {"starts_slowly", {{1, 10, 10}, {2, 1}}, {kFast, kFast}, {0}},
    {"starts_slowly_with_as_much_per_share", {{1, 10, 10}, {1, 1}}, {kFast, kFast}, {0, 1}},
    {"widest_numbers", {{0xFFFFFFFF, 1}, {1, 0xFFFFFFFF}}, {kFast, kSlow}, {1}},
};
class EwmaTest : public testing::TestWithParam<TakenRow> {};

TEST_P(EwmaTest, takes_the_cheaper_of_those_that_may_be_taken) {
  auto const taken = counts(GetParam().loads, GetParam().memories);
  for (std::size_t i = 0; i < taken.size(); ++i) {
    EXPECT_EQ(taken[i] > 0, GetParam().want.contains(i)) << "endpoint " << i;
  }
}
INSTANTIATE_TEST_SUITE_P(Rows, EwmaTest, testing::ValuesIn(kTakenRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(EwmaChoiceTest, one_that_starts_gets_its_share_however_quick_it_is) {
  auto const taken = counts({{.inflight = 0, .weight = 1, .share = 10}, {.inflight = 0, .weight = 1}}, {kFast, kSlow});
  EXPECT_NEAR(taken[0], kDraws / 11.0, 200);
}

TEST(EwmaChoiceTest, uses_idle_equals_in_proportion_to_their_weights) {
  for (auto const memory : {kNothing, kFast}) {
    auto const taken = counts({{0, 1}, {0, 2}, {0, 5}}, {memory, memory, memory});
    double const shares[] = {1 / 8.0, 2 / 8.0, 5 / 8.0};
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(taken[i], kDraws * shares[i], 4 * std::sqrt(kDraws * shares[i])) << "endpoint " << i;
    }
  }
}

/// The mean, read out of the layout that the header documents.
float mean_of(Memory memory) { return std::bit_cast<float>(static_cast<std::uint32_t>(memory)); }

TEST(MemoryTest, the_first_answer_is_the_mean) { EXPECT_FLOAT_EQ(mean_of(answered(milliseconds(250))), 0.25F); }

TEST(MemoryTest, a_sample_after_one_half_life_counts_half) {
  auto const memory = remember(answered(seconds(1), kHalfLife), Outcome::answered, seconds(3), kNow);
  EXPECT_NEAR(mean_of(memory), 2, 1e-3);
}

TEST(MemoryTest, how_many_samples_come_does_not_matter_but_their_time) {
  auto const start = remember(kNothing, Outcome::answered, seconds(1), kNow - kHalfLife);
  auto often = start;
  auto seldom = start;
  for (int i = 1; i <= 1000; ++i) {
    auto const at = kNow - kHalfLife + i * milliseconds(10);
    often = remember(often, Outcome::answered, seconds(3), at);
    if (i % 100 == 0) seldom = remember(seldom, Outcome::answered, seconds(3), at);
  }
  EXPECT_NEAR(mean_of(often), 2, 0.01);
  EXPECT_NEAR(mean_of(seldom), 2, 0.01);
}

TEST(MemoryTest, a_quick_failure_does_not_lower_the_mean_and_a_timeout_raises_it) {
  auto const before = answered(seconds(1), kHalfLife);
  EXPECT_EQ(mean_of(remember(before, Outcome::failed, milliseconds(1), kNow)), mean_of(before));
  EXPECT_NEAR(mean_of(remember(before, Outcome::failed, seconds(3), kNow)), 2, 1e-3);
}

TEST(MemoryTest, an_abandoned_attempt_counts_when_it_lasted_longer_than_the_mean) {
  auto const before = answered(seconds(1), kHalfLife);
  EXPECT_EQ(remember(before, Outcome::abandoned, milliseconds(900), kNow), before);
  EXPECT_NEAR(mean_of(remember(before, Outcome::abandoned, seconds(3), kNow)), 2, 1e-3);
  EXPECT_EQ(remember(kNothing, Outcome::abandoned, seconds(3), kNow), kNothing);
}

TEST(MemoryTest, an_answer_ends_the_failures) {
  auto const memory = remember(failed(kFast, 5), Outcome::answered, milliseconds(100), kNow);
  EXPECT_EQ(counts({{1, 1}, {0, 1}}, {kFast, memory})[0], 0);
}

TEST(MemoryTest, failures_are_forgotten_after_a_minute) {
  auto memory = failed(kFast, 8);
  Random random(1);
  std::vector<Load> const loads{{1, 1}, {0, 1}};
  auto const at = [&](Duration later) {
    auto const now = kNow + later;
    return ewma(loads, std::vector{remember(kNothing, Outcome::answered, milliseconds(100), now), memory}, now, random);
  };
  EXPECT_EQ(at(kForgotten - milliseconds(1)), 0U);
  EXPECT_EQ(at(kForgotten), 1U);
  // And it begins anew: one failure is one failure.
  memory = remember(memory, Outcome::failed, milliseconds(1), kNow + kForgotten);
  EXPECT_EQ((memory >> 32U) & 15U, 1U);
}

TEST(MemoryTest, clocks_a_little_apart_do_no_harm) {
  auto const memory = remember(kNothing, Outcome::answered, seconds(1), kNow + milliseconds(50));
  EXPECT_NEAR(mean_of(remember(memory, Outcome::answered, seconds(3), kNow)), 1, 1e-3);
  EXPECT_EQ(counts({{0, 1}, {0, 1}}, {kFast, memory})[1], 0);
}

/// Endpoints under simulated traffic: each request takes what its endpoint takes now.
class Simulation {
 public:
  struct Simulated {
    Duration takes{};
    bool fails = false;
    std::uint32_t weight = 1;
  };
  explicit Simulation(std::vector<Simulated> some) : endpoints(std::move(some)), memories(endpoints.size(), kNothing) {
    for (auto const& endpoint : endpoints) loads_.push_back({0, endpoint.weight});
  }

  /// One request each `interval`, for so long: how many each endpoint got.
  std::vector<int> run(Duration interval, Duration how_long) {
    std::vector<int> got(endpoints.size());
    for (auto const until = now_ + how_long; now_ < until; now_ += interval) {
      end_what_is_over();
      auto const taken = ewma(loads_, memories, now_, random_);
      ++got[taken];
      ++loads_[taken].inflight;
      running_.push_back({taken, now_, now_ + endpoints[taken].takes, endpoints[taken].fails});
      most_inflight = std::max(most_inflight, loads_[taken].inflight);
    }
    return got;
  }

  std::vector<Simulated> endpoints;
  std::vector<Memory> memories;
  std::uint32_t most_inflight = 0;

 private:
  struct Running {
    std::size_t endpoint;
    TimePoint begun;
    TimePoint over;
    bool fails;
  };
  void end_what_is_over() {
    std::erase_if(running_, [this](Running const& request) {
      if (request.over > now_) return false;
      --loads_[request.endpoint].inflight;
      auto& memory = memories[request.endpoint];
      memory =
          remember(memory, request.fails ? Outcome::failed : Outcome::answered, request.over - request.begun, now_);
      return true;
    });
  }

  std::vector<Load> loads_;
  std::vector<Running> running_;
  TimePoint now_ = kNow;
  Random random_{3};
};

TEST(EwmaSimulationTest, a_fast_endpoint_gets_its_multiple) {
  Simulation simulation({{.takes = milliseconds(100)}, {.takes = milliseconds(1000)}});
  simulation.run(milliseconds(5), seconds(10));
  auto const got = simulation.run(milliseconds(5), seconds(60));
  EXPECT_GT(got[0], 5 * got[1]);
  EXPECT_GT(got[1], 0);
}

TEST(EwmaSimulationTest, equals_share_by_weight) {
  Simulation simulation({{.takes = milliseconds(200), .weight = 1}, {.takes = milliseconds(200), .weight = 3}});
  auto const got = simulation.run(milliseconds(2), seconds(60));
  EXPECT_NEAR(static_cast<double>(got[1]) / got[0], 3, 0.3);
}

TEST(EwmaSimulationTest, an_endpoint_that_fails_at_once_gets_next_to_nothing) {
  Simulation simulation({{.takes = milliseconds(500)}, {.takes = milliseconds(1), .fails = true}});
  auto const got = simulation.run(milliseconds(2), seconds(300));
  EXPECT_LT(got[1], 100);  // of 150,000: some at the start, some each minute
  EXPECT_GE(got[1], 4);    // but it is tried again
}

TEST(EwmaSimulationTest, an_endpoint_that_recovers_gets_its_share_again) {
  Simulation simulation({{.takes = milliseconds(200)}, {.takes = milliseconds(1), .fails = true}});
  simulation.run(milliseconds(10), seconds(120));
  simulation.endpoints[1] = {.takes = milliseconds(200)};
  simulation.run(milliseconds(10), kForgotten);
  auto const got = simulation.run(milliseconds(10), seconds(60));
  EXPECT_GT(got[1], got[0] / 2);
}

TEST(EwmaSimulationTest, a_slow_one_that_got_fast_is_found_out_even_by_one_request_at_a_time) {
  Simulation simulation({{.takes = milliseconds(100)}, {.takes = seconds(5)}});
  simulation.run(milliseconds(500), seconds(60));
  simulation.endpoints[1].takes = milliseconds(20);
  simulation.run(milliseconds(500), 2 * kForgotten);
  auto const got = simulation.run(milliseconds(500), seconds(60));
  EXPECT_GT(got[1], got[0]);
}

TEST(EwmaSimulationTest, a_new_endpoint_is_not_flooded_before_its_first_answer) {
  Simulation simulation({{.takes = milliseconds(200)}, {.takes = seconds(30)}});
  simulation.run(milliseconds(5), seconds(20));  // it answers nothing meanwhile
  EXPECT_LT(simulation.most_inflight, 100U);     // of 4000; the other one needs 40 at once
}

TEST(EwmaDeathTest, holds_that_there_is_an_endpoint) {
  Random random(1);
  EXPECT_DEATH(static_cast<void>(ewma({}, {}, kNow, random)), "empty");
}

}  // namespace
}  // namespace inferway::balance
