#include "inferway/balance/retry_budget.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace inferway::balance {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TimePoint const kNow = TimePoint{} + std::chrono::hours(1000);

struct ShareRow {
  char const* name;
  int requests;
  std::uint32_t percent;
  int want;  ///< tries
};
constexpr ShareRow kShareRows[] = {
    {"ten_without_a_request", 0, 20, 10},
    {"ten_at_no_percent", 500, 0, 10},
    {"ten_for_few", 30, 20, 10},
    {"ten_at_the_edge", 50, 20, 10},
    {"a_fifth", 55, 20, 11},
    {"a_fifth_of_500", 500, 20, 100},
    {"all", 500, 100, 500},
    {"twice_as_many", 500, 200, 1'000},
};
class RetryBudgetTest : public testing::TestWithParam<ShareRow> {};

TEST_P(RetryBudgetTest, allows_a_share_and_ten_in_any_case) {
  RetryBudget budget;
  for (int i = 0; i < GetParam().requests; ++i) budget.count_request(kNow);
  int tries = 0;
  while (budget.try_take(GetParam().percent, kNow)) ++tries;
  EXPECT_EQ(tries, GetParam().want);
  EXPECT_FALSE(budget.try_take(GetParam().percent, kNow));
}
INSTANTIATE_TEST_SUITE_P(Rows, RetryBudgetTest, testing::ValuesIn(kShareRows),
                         [](auto const& row) { return std::string(row.param.name); });

int take_all(RetryBudget& budget, TimePoint now) {
  int tries = 0;
  while (budget.try_take(20, now)) ++tries;
  return tries;
}

TEST(RetryBudgetTimeTest, looks_back_ten_seconds) {
  RetryBudget budget;
  for (int i = 0; i < 100; ++i) budget.count_request(kNow);
  EXPECT_EQ(take_all(budget, kNow + seconds(9)), 20);
  // The requests are too old to count; the tries are not.
  EXPECT_EQ(take_all(budget, kNow + seconds(10)), 0);
  EXPECT_EQ(take_all(budget, kNow + seconds(18)), 0);
  EXPECT_EQ(take_all(budget, kNow + seconds(19)), 10);
}

TEST(RetryBudgetTimeTest, a_second_that_shares_its_slot_with_an_old_one_starts_at_nothing) {
  RetryBudget budget;
  for (int i = 0; i < 1'000; ++i) budget.count_request(kNow);
  for (int const later : {16, 32, 160}) {
    budget.count_request(kNow + seconds(later));
    EXPECT_EQ(budget.counts(kNow + seconds(later)).requests, 1U) << later;
  }
}

TEST(RetryBudgetTimeTest, a_worker_that_is_late_counts_in_its_own_second) {
  RetryBudget budget;
  budget.count_request(kNow);
  budget.count_request(kNow - seconds(2));
  EXPECT_EQ(budget.counts(kNow).requests, 2U);
  EXPECT_EQ(budget.counts(kNow + seconds(8)).requests, 1U);
}

TEST(RetryBudgetTimeTest, a_dead_backend_sees_little_more_than_its_requests) {
  // 500 requests of 2 further tries each, over five seconds, all in vain.
  RetryBudget budget;
  int sent = 0;
  for (int i = 0; i < 500; ++i) {
    auto const now = kNow + milliseconds(10 * i);
    budget.count_request(now);
    ++sent;
    for (int retry = 0; retry < 2 && budget.try_take(20, now); ++retry) ++sent;
  }
  EXPECT_GE(sent, 600);
  EXPECT_LE(sent, 610);
}

TEST(RetryBudgetThreadsTest, is_exact_for_all_workers_together) {
  RetryBudget budget;
  for (int i = 0; i < 1'000; ++i) budget.count_request(kNow);
  std::atomic<int> tries{0};
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&] {
      for (int i = 0; i < 1'000; ++i) budget.count_request(kNow);
      while (budget.try_take(20, kNow)) ++tries;
    });
  }
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(budget.counts(kNow).requests, 5'000U);
  tries += take_all(budget, kNow);
  EXPECT_EQ(tries, 1'000);
}

}  // namespace
}  // namespace inferway::balance
