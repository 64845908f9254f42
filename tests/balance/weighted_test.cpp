#include "inferway/balance/weighted.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace inferway::balance {
namespace {

struct WeightsRow {
  char const* name;
  std::vector<std::uint32_t> weights;
};
WeightsRow const kWeightsRows[] = {
    {"one", {1}},
    {"equal", {1, 1, 1}},
    {"a_canary", {90, 10}},
    {"zero_first", {0, 3, 1}},
    {"zero_last", {3, 1, 0}},
    {"zeros_around", {0, 0, 5, 0}},
    {"many", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
};
std::uint64_t sum(std::vector<std::uint32_t> const& weights) {
  return std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
}

class WeightedTest : public testing::TestWithParam<WeightsRow> {};

TEST_P(WeightedTest, chooses_in_proportion_to_the_weights) {
  constexpr int kDraws = 100'000;
  auto const& weights = GetParam().weights;
  Random random(11);
  std::vector<int> counts(weights.size());
  for (int i = 0; i < kDraws; ++i) ++counts[choose_weighted(weights, random)];
  for (std::size_t i = 0; i < weights.size(); ++i) {
    auto const share = static_cast<double>(weights[i]) / static_cast<double>(sum(weights));
    auto const deviation = std::sqrt(kDraws * share * (1 - share));
    EXPECT_NEAR(counts[i], kDraws * share, 4 * deviation) << "index " << i;
  }
}

TEST_P(WeightedTest, gives_turns_exactly_in_proportion_over_one_round) {
  auto const& weights = GetParam().weights;
  SmoothWeighted turns(weights);
  for (int round = 0; round < 3; ++round) {
    std::vector<std::uint32_t> counts(weights.size());
    for (std::uint64_t i = 0; i < sum(weights); ++i) ++counts[turns.next()];
    EXPECT_EQ(counts, weights);
  }
}

TEST_P(WeightedTest, never_lets_an_index_fall_behind_its_share_by_a_whole_turn_per_index) {
  auto const& weights = GetParam().weights;
  SmoothWeighted turns(weights);
  std::vector<double> counts(weights.size());
  for (int drawn = 1; drawn <= 1000; ++drawn) {
    counts[turns.next()] += 1;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      auto const share = static_cast<double>(weights[i]) / static_cast<double>(sum(weights));
      EXPECT_NEAR(counts[i], drawn * share, static_cast<double>(weights.size())) << "index " << i;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Rows, WeightedTest, testing::ValuesIn(kWeightsRows),
                         [](auto const& row) { return std::string(row.param.name); });

std::string turns_of(SmoothWeighted& turns, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += static_cast<char>('a' + turns.next());
  return out;
}

TEST(SmoothWeightedTest, spreads_the_turns_of_a_heavy_index) {
  SmoothWeighted turns(std::vector<std::uint32_t>{5, 1, 1});
  EXPECT_EQ(turns_of(turns, 14), "aabacaaaabacaa");
}

TEST(SmoothWeightedTest, counts_all_alike_when_all_weights_are_zero) {
  SmoothWeighted turns(std::vector<std::uint32_t>{0, 0});
  EXPECT_EQ(turns_of(turns, 4), "abab");
}

std::string turns_of(SmoothWeighted& turns, int count, std::vector<Load> const& loads) {
  std::string out;
  for (int i = 0; i < count; ++i) out += static_cast<char>('a' + turns.next(loads));
  return out;
}

TEST(SmoothWeightedTest, passes_over_who_must_not_be_taken_and_owes_it_nothing) {
  SmoothWeighted turns(std::vector<std::uint32_t>{1, 1, 1});
  EXPECT_EQ(turns_of(turns, 6, {{0, 1}, {0, 1, 0}, {0, 1}}).find('b'), std::string::npos);
  auto const after = turns_of(turns, 6);
  EXPECT_EQ(std::ranges::count(after, 'b'), 2);
}

TEST(SmoothWeightedTest, gives_one_that_starts_slowly_its_share_of_turns) {
  SmoothWeighted turns(std::vector<std::uint32_t>{1, 2});
  auto const got = turns_of(turns, 210, {{0, 1, 10}, {0, 2}});
  EXPECT_EQ(std::ranges::count(got, 'a'), 10);
}

TEST(SmoothWeightedTest, gives_no_turn_when_none_must_be_taken) {
  SmoothWeighted turns(std::vector<std::uint32_t>{1, 0});
  EXPECT_EQ(turns.next(std::vector<Load>{{0, 1, 0}, {0, 0}}), kNoEndpoint);
}

TEST(ChooseWeightedTest, takes_weights_whose_sum_is_beyond_32_bits) {
  constexpr auto kMaxWeight = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> const weights{kMaxWeight, kMaxWeight, kMaxWeight};
  Random random(3);
  std::vector<int> counts(weights.size());
  for (int i = 0; i < 30'000; ++i) ++counts[choose_weighted(weights, random)];
  for (auto const count : counts) EXPECT_NEAR(count, 10'000, 350);
}

TEST(SmoothWeightedTest, takes_weights_whose_sum_is_beyond_32_bits) {
  constexpr auto kMaxWeight = std::numeric_limits<std::uint32_t>::max();
  SmoothWeighted turns(std::vector<std::uint32_t>{kMaxWeight, kMaxWeight, kMaxWeight});
  EXPECT_EQ(turns_of(turns, 6), "abcabc");
}

TEST(ChooseWeightedDeathTest, holds_that_some_weight_is_not_zero) {
  Random random(1);
  std::vector<std::uint32_t> const none{0, 0};
  EXPECT_DEATH(static_cast<void>(choose_weighted(none, random)), "total > 0");
}

}  // namespace
}  // namespace inferway::balance
