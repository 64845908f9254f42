#include "inferway/balance/least_requests.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

namespace inferway::balance {
namespace {

constexpr int kDraws = 20'000;

/// How often each endpoint is taken while nothing changes.
std::vector<int> counts(std::vector<Load> const& loads) {
  Random random(5);
  std::vector<int> out(loads.size());
  for (int i = 0; i < kDraws; ++i) ++out[least_requests(loads, random)];
  return out;
}

struct TakenRow {
  char const* name;
  std::vector<Load> loads;
  std::set<std::size_t> want;  ///< the endpoints that are taken at all
};
TakenRow const kTakenRows[] = {
    {"one", {{3, 1}}, {0}},
    {"fewer_in_flight_of_two", {{3, 1}, {2, 1}}, {1}},
    {"fewer_in_flight_per_weight", {{3, 2}, {2, 1}}, {0}},
    {"equals", {{2, 1}, {2, 1}}, {0, 1}},
    {"equal_per_weight", {{4, 2}, {2, 1}}, {0, 1}},
    {"never_the_most_loaded_of_three", {{1, 1}, {1, 1}, {9, 1}}, {0, 1}},
    {"the_middle_one_beats_the_worst", {{0, 1}, {5, 1}, {9, 1}}, {0, 1}},
    {"drained", {{0, 0}, {9, 1}, {9, 1}}, {1, 2}},
    {"all_but_one_drained", {{0, 0}, {9, 1}, {0, 0}}, {1}},
    {"all_drained_count_alike", {{0, 0}, {0, 0}}, {0, 1}},
    {"all_drained_by_load", {{1, 0}, {0, 0}}, {1}},
    {"must_not_be_taken", {{0, 1, 0}, {9, 1}}, {1}},
    {"must_not_be_taken_of_three", {{0, 1, 0}, {9, 1}, {9, 1}}, {1, 2}},
    {"must_not_be_taken_and_all_drained", {{0, 0, 0}, {5, 0}}, {1}},
    {"starts_slowly", {{1, 10, 10}, {2, 1}}, {0}},
    {"starts_slowly_with_as_much_per_share", {{1, 10, 10}, {1, 1}}, {0, 1}},
    {"widest_numbers", {{0xFFFFFFFF, 1}, {1, 0xFFFFFFFF}}, {1}},
};
class LeastRequestsTest : public testing::TestWithParam<TakenRow> {};

TEST_P(LeastRequestsTest, takes_the_less_loaded_of_those_that_may_be_taken) {
  auto const taken = counts(GetParam().loads);
  for (std::size_t i = 0; i < taken.size(); ++i) {
    EXPECT_EQ(taken[i] > 0, GetParam().want.contains(i)) << "endpoint " << i;
  }
}
INSTANTIATE_TEST_SUITE_P(Rows, LeastRequestsTest, testing::ValuesIn(kTakenRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(LeastRequestsTest, uses_idle_endpoints_in_proportion_to_their_weights) {
  auto const taken = counts({{0, 1}, {0, 2}, {0, 5}});
  double const total = 8;
  double const shares[] = {1 / total, 2 / total, 5 / total};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(taken[i], kDraws * shares[i], 4 * std::sqrt(kDraws * shares[i])) << "endpoint " << i;
  }
}

TEST(LeastRequestsTest, gives_one_that_starts_slowly_its_share) {
  auto const taken = counts({{0, 1, 10}, {0, 1, 100}});
  EXPECT_NEAR(taken[0], kDraws / 11.0, 4 * std::sqrt(kDraws / 11.0));
}

TEST(LeastRequestsTest, takes_none_when_none_must_be_taken) {
  Random random(1);
  EXPECT_EQ(least_requests(std::vector<Load>{{0, 1, 0}, {0, 2, 0}}, random), kNoEndpoint);
}

TEST(LeastRequestsTest, keeps_endpoints_evenly_loaded_per_weight) {
  // Requests come one by one; the oldest of 400 ends when the next begins.
  std::vector<Load> loads{{0, 1}, {0, 1}, {0, 2}, {0, 4}};
  std::vector<std::size_t> running;
  Random random(9);
  for (std::size_t i = 0; i < 20'000; ++i) {
    auto const taken = least_requests(loads, random);
    ++loads[taken].inflight;
    running.push_back(taken);
    if (i >= 400) --loads[running[i - 400]].inflight;
  }
  for (auto const& load : loads) EXPECT_NEAR(load.inflight / static_cast<double>(load.weight), 50, 5);
}

TEST(LeastRequestsDeathTest, holds_that_there_is_an_endpoint) {
  Random random(1);
  EXPECT_DEATH(static_cast<void>(least_requests({}, random)), "empty");
}

}  // namespace
}  // namespace inferway::balance
