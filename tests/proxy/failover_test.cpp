#include "inferway/proxy/failover.hpp"

#include "inferway/balance/random.hpp"
#include "inferway/balance/retry_budget.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace inferway::proxy {
namespace {

using config::RetryOn;
using std::chrono::milliseconds;
using What = Failover::What;

constexpr TimePoint kStart{std::chrono::hours(1)};
constexpr TimePoint kDeadline = kStart + std::chrono::minutes(15);
constexpr Failure kCut{.cause = RetryOn::cut};

config::Retry retry(std::uint32_t attempts) {
  config::Retry out;
  out.attempts = attempts;
  return out;
}

struct Row {
  char const* name;
  std::uint32_t attempts;
  std::size_t hops;
  std::uint32_t tries;  ///< begun at the first hop so far
  Failure failure;
  Prospect prospect;
  What what;
};

constexpr Row kRows[] = {
    {"one_more", 1, 1, 1, kCut, {}, What::retry},
    {"used_up", 1, 1, 2, kCut, {}, What::give_up},
    {"used_up_with_a_fallback", 1, 2, 2, kCut, {}, What::fall_back},
    {"none", 0, 1, 1, kCut, {}, What::give_up},
    {"none_but_a_fallback", 0, 2, 1, kCut, {}, What::fall_back},
    {"no_cause", 5, 5, 1, {}, {}, What::give_up},
    {"nothing_open", 5, 1, 1, kCut, {.open = false, .other = false}, What::give_up},
    {"nothing_open_but_a_fallback", 5, 2, 1, kCut, {.open = false, .other = false}, What::fall_back},
    {"only_the_same_one", 1, 1, 1, kCut, {.open = true, .other = false}, What::retry},
    {"asked_to_wait_too_long",
     1,
     1,
     1,
     {.cause = RetryOn::status_429, .retry_after = std::chrono::hours(1)},
     {.open = true, .other = false},
     What::give_up},
    {"another_one_need_not_wait",
     1,
     1,
     1,
     {.cause = RetryOn::status_429, .retry_after = std::chrono::hours(1)},
     {},
     What::retry},
};

class FailoverTest : public testing::TestWithParam<Row> {};
TEST_P(FailoverTest, decides) {
  auto const& row = GetParam();
  auto const rules = retry(row.attempts);
  Failover failover(rules, row.hops, kDeadline);
  for (std::uint32_t i = 0; i < row.tries; ++i) failover.tried();
  EXPECT_EQ(failover.failed(row.failure, row.prospect, kStart, 0.5).what, row.what);
}
INSTANTIATE_TEST_SUITE_P(Rows, FailoverTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(FailoverTest, only_what_is_listed_is_tried_again) {
  auto rules = retry(3);
  rules.on = {RetryOn::connect};
  Failover failover(rules, 2, kDeadline);
  failover.tried();
  EXPECT_EQ(failover.failed(kCut, {}, kStart, 0).what, What::give_up);
  EXPECT_EQ(failover.failed({.cause = RetryOn::connect}, {}, kStart, 0).what, What::retry);
}

TEST(FailoverTest, pauses_double_up_to_the_longest_and_jitter_takes_a_part) {
  auto const rules = retry(100);
  Failover failover(rules, 1, kDeadline);
  for (auto const most : {50, 100, 200, 400, 800, 1600, 2000, 2000}) {
    failover.tried();
    EXPECT_EQ(failover.failed(kCut, {}, kStart, 0).at, kStart);
    auto const at = failover.failed(kCut, {}, kStart, 0.999999).at;
    EXPECT_LE(at, kStart + milliseconds(most));
    EXPECT_GT(at, kStart + milliseconds(most - 1));
  }
}

TEST(FailoverTest, the_only_endpoint_is_left_alone_as_long_as_it_asks) {
  auto const rules = retry(1);
  Failover failover(rules, 1, kDeadline);
  failover.tried();
  Failure const busy{.cause = RetryOn::status_5xx, .retry_after = std::chrono::seconds(3)};
  EXPECT_EQ(failover.failed(busy, {.open = true, .other = false}, kStart, 0.5).at, kStart + std::chrono::seconds(3));
}

TEST(FailoverTest, a_request_that_cannot_be_sent_again_is_not) {
  auto const rules = retry(3);
  Failover failover(rules, 3, kDeadline);
  failover.tried();
  failover.forbid();
  EXPECT_EQ(failover.failed(kCut, {}, kStart, 0).what, What::give_up);
  EXPECT_EQ(failover.unplaced().what, What::give_up);
  EXPECT_FALSE(failover.may_mend());
  EXPECT_FALSE(failover.holds_back());
}

TEST(FailoverTest, holds_back_to_the_last_try_where_there_is_more_than_one) {
  auto const rules = retry(1);
  Failover failover(rules, 1, kDeadline);
  failover.tried();
  EXPECT_TRUE(failover.may_mend());
  failover.tried();
  EXPECT_FALSE(failover.may_mend());
  EXPECT_TRUE(failover.holds_back());
  auto const once = retry(0);
  EXPECT_FALSE(Failover(once, 1, kDeadline).holds_back());
}

/// One request with random luck, on a clock of its own: what must hold whatever happens.
void simulate(std::uint64_t seed) {
  balance::Random random(seed);
  auto rules = retry(static_cast<std::uint32_t>(random.below(5)));
  rules.backoff = milliseconds(random.below(200));
  rules.max_backoff = rules.backoff + milliseconds(random.below(3'000));
  std::vector<RetryOn> on;
  for (auto const cause : rules.on) {
    if (random.below(4) > 0) on.push_back(cause);
  }
  rules.on = on;
  auto const hops = 1 + random.below(4);
  auto const deadline = kStart + milliseconds(random.below(20'000));
  Failover failover(rules, hops, deadline);
  auto now = kStart;
  std::uint32_t tries = 0;
  std::size_t hop = 0;
  while (now < deadline) {
    failover.tried();
    ++tries;
    ASSERT_LE(tries, hops * (1 + rules.attempts));
    ASSERT_EQ(failover.hop(), hop);
    now += milliseconds(random.below(1'000));            // the try takes its time
    if (now >= deadline || random.below(4) == 0) break;  // answered, or out of time
    Failure const failure{.cause = static_cast<RetryOn>(random.below(config::kRetryOnCount)),
                          .retry_after = random.below(2) == 0
                                             ? std::optional<Duration>(milliseconds(random.below(5'000)))
                                             : std::nullopt};
    Prospect const prospect{.open = random.below(5) > 0, .other = random.below(2) == 0};
    double const jitter = static_cast<double>(random.below(1'000)) / 1'000;
    bool const unplaced = random.below(6) == 0;
    bool const listed = std::ranges::find(rules.on, *failure.cause) != rules.on.end();
    auto next = unplaced ? failover.unplaced() : failover.failed(failure, prospect, now, jitter);
    if (next.what == What::retry && random.below(3) == 0) next = failover.refused_by_budget();
    ASSERT_TRUE(unplaced || listed || next.what == What::give_up);
    if (next.what == What::give_up) break;
    if (next.what == What::fall_back) {
      failover.fell_back();
      ASSERT_LT(++hop, hops);
      continue;
    }
    ASSERT_GE(next.at, now);
    ASSERT_LT(next.at, deadline) << "what cannot be in time is not waited for";
    if (!prospect.other && failure.retry_after) ASSERT_GE(next.at, now + *failure.retry_after);
    now = next.at;
  }
  ASSERT_EQ(failover.total(), tries);
}

TEST(FailoverSimulation, tries_are_bounded_and_the_deadline_is_kept) {
  for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
    ASSERT_NO_FATAL_FAILURE(simulate(seed)) << "seed " << seed;
  }
}

/// Many requests to a backend whose tries all fail, at random moments of less than the budget's period.
void simulate_outage(std::uint64_t seed) {
  balance::Random random(seed);
  balance::RetryBudget budget;
  auto rules = retry(static_cast<std::uint32_t>(1 + random.below(4)));
  rules.budget_percent = static_cast<std::uint32_t>(random.below(101));
  auto const requests = 1 + random.below(200);
  std::uint64_t more = 0;
  for (std::uint64_t i = 0; i < requests; ++i) {
    auto const now = kStart + milliseconds(9'000 * i / requests);
    Failover failover(rules, 1, kDeadline);
    budget.count_request(now);
    failover.tried();
    while (failover.failed(kCut, {}, now, 0).what == What::retry && budget.try_take(rules.budget_percent, now)) {
      failover.tried();
      ++more;
    }
    ASSERT_LE(failover.total(), 1 + rules.attempts);
  }
  ASSERT_LE(more, std::max<std::uint64_t>(10, requests * rules.budget_percent / 100));
}

TEST(FailoverSimulation, an_outage_is_not_made_worse_than_the_budget_allows) {
  for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
    ASSERT_NO_FATAL_FAILURE(simulate_outage(seed)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace inferway::proxy
