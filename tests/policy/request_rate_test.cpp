#include "inferway/policy/request_rate.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

namespace inferway::policy {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TimePoint at(nanoseconds since) { return TimePoint(10h + since); }

/// How many of `tries` get through at one moment.
int taken(RequestRate& rate, TimePoint now, int tries) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += rate.take(now) ? 0 : 1;
  return count;
}

TEST(RequestRateTest, lets_exactly_that_many_through_at_once) {
  // 7: a minute is no multiple of it.
  for (std::uint32_t const limit : {1U, 2U, 7U, 60U, 999U, 100'000U}) {
    RequestRate rate(limit);
    EXPECT_EQ(taken(rate, at(0s), static_cast<int>(limit) + 100), static_cast<int>(limit)) << limit;
  }
}

TEST(RequestRateTest, gives_tokens_back_one_by_one) {
  RequestRate rate(60);
  EXPECT_EQ(taken(rate, at(0s), 61), 60);
  EXPECT_EQ(taken(rate, at(1s - 1ns), 2), 0);
  EXPECT_EQ(taken(rate, at(1s), 2), 1);
  EXPECT_EQ(taken(rate, at(11s), 20), 10);
  EXPECT_EQ(taken(rate, at(1h), 100), 60);  // never more than a minute's worth
}

TEST(RequestRateTest, lets_no_more_through_in_the_long_run) {
  for (std::uint32_t const limit : {1U, 7U, 90U, 1001U}) {
    RequestRate rate(limit);
    int count = taken(rate, at(0s), static_cast<int>(limit));
    for (auto now = 0ms; now < 600s; now += 50ms) count += taken(rate, at(now), 2);
    EXPECT_LE(count, static_cast<int>(limit * 11)) << limit;
    EXPECT_GE(count, static_cast<int>(limit * 11) - 2) << limit;
  }
}

TEST(RequestRateTest, says_how_long_to_wait) {
  RequestRate rate(2);
  EXPECT_FALSE(rate.take(at(0s)));
  EXPECT_FALSE(rate.take(at(10s)));  // full again at 60 s
  auto const refused = rate.take(at(10s));
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->retry_after, 20s);
  EXPECT_EQ(refused->full_after, 50s);
  EXPECT_TRUE(rate.take(at(30s - 1ns)));
  EXPECT_FALSE(rate.take(at(30s)));  // who waited that long is let through
}

TEST(RequestRateTest, a_refusal_costs_nothing) {
  RequestRate rate(1);
  EXPECT_EQ(taken(rate, at(0s), 1000), 1);
  EXPECT_EQ(taken(rate, at(60s), 1), 1);
}

TEST(RequestRateTest, a_clock_that_lags_behind_lets_no_more_through) {
  RequestRate rate(10);
  EXPECT_EQ(taken(rate, at(100ms), 5), 5);
  EXPECT_EQ(taken(rate, at(0ms), 10), 4);  // counted as taken at 100 ms, when the bucket was not full
  EXPECT_EQ(taken(rate, at(100ms), 10), 1);
}

TEST(RequestRateTest, stands_the_extremes) {
  RequestRate rate(RequestRate::kMost);
  EXPECT_FALSE(rate.take(TimePoint(0s)));
  EXPECT_FALSE(rate.take(TimePoint(nanoseconds(std::chrono::hours(24 * 365 * 200)))));
  RequestRate first(1);
  EXPECT_FALSE(first.take(TimePoint(-1h)));  // whatever a clock begins with
  EXPECT_TRUE(first.take(TimePoint(-1h)));
}

TEST(RequestRateTest, is_exact_over_parallel_callers) {
  constexpr int kThreads = 8;
  constexpr int kLimit = 10'000;
  RequestRate rate(kLimit);
  std::atomic<int> admitted{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> callers;
  callers.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    callers.emplace_back([&] {
      while (!go.load()) std::this_thread::yield();
      int mine = 0;
      for (int tries = 0; tries < kLimit / 2; ++tries) mine += rate.take(at(0s)) ? 0 : 1;
      admitted += mine;
    });
  }
  go = true;
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(admitted.load(), kLimit);
}

}  // namespace
}  // namespace inferway::policy
