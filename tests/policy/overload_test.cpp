#include "inferway/policy/overload.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <ranges>
#include <string>
#include <vector>

namespace inferway::policy {
namespace {

using namespace std::chrono_literals;

struct LevelRow {
  char const* name;
  Pressure pressure;
  double want;
};

LevelRow const kLevelRows[] = {
    {"idle", {}, 0},
    {"calm_at_the_edges", {.connections = 0.8, .buffered = 0.8, .lag = 100ms}, 0},
    {"connections", {.connections = 0.9}, 0.5},
    {"buffered_bytes", {.buffered = 0.95}, 0.75},
    {"lag", {.lag = 550ms}, 0.5},
    {"the_worst_counts", {.connections = 0.85, .buffered = 0.9, .lag = 325ms}, 0.5},
    {"at_the_limit", {.connections = 1}, 1},
    {"beyond_it", {.connections = 1.2, .lag = 10s}, 1},
};

class OverloadLevelTest : public testing::TestWithParam<LevelRow> {};

TEST_P(OverloadLevelTest, rises_from_calm_to_the_hard_limits) {
  EXPECT_NEAR(overload_level(GetParam().pressure), GetParam().want, 1e-9);
}
INSTANTIATE_TEST_SUITE_P(Rows, OverloadLevelTest, testing::ValuesIn(kLevelRows),
                         [](auto const& row) { return std::string(row.param.name); });

/// The priorities among `all` that are refused.
std::vector<std::int64_t> refused(Shedding const& shedding, std::vector<std::int64_t> const& all) {
  std::vector<std::int64_t> out;
  std::ranges::copy_if(all, std::back_inserter(out), [&](auto priority) { return shedding.refuses(priority); });
  return out;
}

using Priorities = std::vector<std::int64_t>;

TEST(SheddingTest, a_single_priority_is_never_refused) {
  Shedding shedding(Priorities{7, 7, 7});
  EXPECT_FALSE(shedding.possible());
  shedding.update(1);
  EXPECT_FALSE(shedding.refuses(7));
}

TEST(SheddingTest, no_route_is_no_trouble) {
  Shedding shedding(Priorities{});
  shedding.update(1);
  EXPECT_FALSE(shedding.refuses(0));
}

TEST(SheddingTest, the_lowest_go_first_and_the_highest_never) {
  Priorities const all{-5, 0, 10};
  Shedding shedding(Priorities{10, -5, 0, 0, -5});
  EXPECT_TRUE(shedding.possible());
  struct Step {
    double level;
    Priorities want;
  };
  for (auto const& step :
       {Step{0, {}}, Step{0.33, {}}, Step{0.34, {-5}}, Step{0.66, {-5}}, Step{0.67, {-5, 0}}, Step{1, {-5, 0}}}) {
    shedding.update(step.level);
    EXPECT_EQ(refused(shedding, all), step.want) << step.level;
  }
}

TEST(SheddingTest, a_jump_refuses_as_many_at_once) {
  Shedding shedding(Priorities{1, 2, 3, 4});
  shedding.update(1);
  EXPECT_EQ(refused(shedding, {1, 2, 3, 4}), (Priorities{1, 2, 3}));
  shedding.update(0);
  EXPECT_EQ(refused(shedding, {1, 2, 3, 4}), Priorities{});
}

TEST(SheddingTest, what_is_refused_is_taken_again_only_well_below_where_it_began) {
  Shedding shedding(Priorities{0, 1});
  shedding.update(0.5);
  EXPECT_TRUE(shedding.refuses(0));
  shedding.update(0.49);
  EXPECT_TRUE(shedding.refuses(0));
  shedding.update(0.25);
  EXPECT_TRUE(shedding.refuses(0));
  shedding.update(0.24);
  EXPECT_FALSE(shedding.refuses(0));
  shedding.update(0.49);
  EXPECT_FALSE(shedding.refuses(0));
}

TEST(SheddingTest, never_takes_a_lower_one_while_a_higher_one_is_refused) {
  Priorities all;
  for (std::int64_t priority = 0; priority < 20; ++priority) all.push_back(priority);
  Shedding shedding(all);
  unsigned state = 1;
  for (int i = 0; i < 10'000; ++i) {
    state = state * 1'103'515'245U + 12'345U;
    shedding.update(static_cast<double>(state >> 16U & 1023U) / 1023);
    auto const now = refused(shedding, all);
    EXPECT_TRUE(std::ranges::equal(now, all | std::views::take(now.size())));
    EXPECT_LT(now.size(), all.size());
  }
}

TEST(SmoothedLagTest, one_stall_is_not_a_load) {
  SmoothedLag lag;
  lag.add(1s);
  EXPECT_EQ(lag.get(), 250ms);
  for (int i = 0; i < 10; ++i) lag.add(0s);
  EXPECT_LT(lag.get(), 20ms);
  for (int i = 0; i < 20; ++i) lag.add(1s);
  EXPECT_GT(lag.get(), 990ms);
}

}  // namespace
}  // namespace inferway::policy
