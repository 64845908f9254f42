#include "backends.hpp"
#include "inferway/upstream/health.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace inferway::upstream {
namespace {

using balance::Standing;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr TimePoint kNow{seconds(1'000'000)};

TEST(HealthReportsTest, failures_in_a_row_eject) {
  OneBackend backend(2);
  backend.fail(0, 4, kNow);
  report_success(*backend.state.endpoints[0], kNow);
  backend.fail(0, 4, kNow);
  EXPECT_EQ(backend.standing(0, kNow), Standing::up);
  EXPECT_FALSE(backend.troubled());
  backend.fail(0, 1, kNow);
  EXPECT_EQ(backend.standing(0, kNow), Standing::ejected);
  EXPECT_TRUE(backend.troubled());
  EXPECT_EQ(backend.status(0).reason, "5 failures in a row, the last one: 5xx");
  EXPECT_EQ(backend.status(0).schedule().doubted_until, kNow + seconds(30));
  EXPECT_EQ(backend.status(0).ejections, 1U);
}

TEST(HealthReportsTest, failures_while_it_is_ejected_are_not_counted_for_its_return) {
  OneBackend backend(2);
  backend.fail(0, 50, kNow);
  auto const after = kNow + seconds(30);
  backend.fail(0, 4, after);
  EXPECT_EQ(backend.standing(0, after), Standing::starting);
  backend.fail(0, 1, after);
  EXPECT_EQ(backend.standing(0, after), Standing::ejected);
  EXPECT_EQ(backend.status(0).health.until(after), after + seconds(60)) << "the second time is twice as long";
}

TEST(HealthReportsTest, one_more_than_may_be_ejected_is_ejected_when_another_returns) {
  OneBackend backend(2);
  backend.fail(0, 5, kNow);
  backend.fail(1, 50, kNow);
  EXPECT_EQ(backend.standing(1, kNow), Standing::up);
  backend.fail(1, 1, kNow + seconds(30));
  EXPECT_EQ(backend.standing(1, kNow + seconds(30)), Standing::ejected);
}

TEST(HealthReportsTest, passing_time_is_noticed) {
  OneBackend backend(2);
  backend.fail(0, 5, kNow);
  settle(backend.state, kNow + seconds(29));
  EXPECT_EQ(backend.status(0).said, Standing::ejected);
  settle(backend.state, kNow + seconds(30));
  EXPECT_EQ(backend.status(0).said, Standing::starting);
  EXPECT_EQ(backend.status(0).reason, "it was ejected");
  EXPECT_TRUE(backend.troubled());
  settle(backend.state, kNow + seconds(60));
  EXPECT_EQ(backend.status(0).said, Standing::up);
  EXPECT_FALSE(backend.troubled());
}

struct RefusalRow {
  char const* name;
  std::optional<milliseconds> retry_after;
  Duration want;
};
constexpr RefusalRow kRefusalRows[] = {
    {"default", {}, seconds(10)},
    {"given", milliseconds(1'500), milliseconds(1'500)},
    {"at_most_an_hour", std::chrono::hours(5), std::chrono::hours(1)},
    {"at_once", milliseconds(0), seconds(0)},
};

TEST(HealthReportsTest, a_refusal_is_a_rest) {
  for (auto const& row : kRefusalRows) {
    OneBackend backend(1);
    report_refusal(backend.state, 0, 429, row.retry_after, kNow);
    bool const rests = row.want > seconds(0);
    EXPECT_EQ(backend.standing(0, kNow), rests ? Standing::resting : Standing::up) << row.name;
    if (rests) EXPECT_EQ(backend.status(0).health.until(kNow), kNow + row.want) << row.name;
    EXPECT_EQ(backend.status(0).cooldowns, rests ? 1U : 0U) << row.name;
  }
}

TEST(HealthReportsTest, checks_take_out_and_bring_back) {
  OneBackend backend(1);
  for (int i = 0; i < 3; ++i) report_check(backend.state, 0, false, "it answered 503", kNow);
  EXPECT_EQ(backend.standing(0, kNow), Standing::unhealthy);
  EXPECT_EQ(backend.status(0).reason, "3 checks failed in a row, the last one: it answered 503");
  for (int i = 0; i < 2; ++i) report_check(backend.state, 0, true, "it answered 200", kNow);
  EXPECT_EQ(backend.standing(0, kNow), Standing::starting);
  EXPECT_EQ(backend.status(0).checks_failed, 3U);
  EXPECT_EQ(backend.status(0).checks_passed, 2U);
}

TEST(HealthReportsTest, without_checks_nobody_is_unhealthy) {
  OneBackend backend(1);
  for (int i = 0; i < 3; ++i) report_check(backend.state, 0, false, "it answered 503", kNow);
  report_unchecked(backend.state, 0, kNow);
  EXPECT_EQ(backend.standing(0, kNow), Standing::starting);
}

/// Threads report as workers do, all at once. Run under the thread sanitizer, too.
TEST(HealthReportsTest, many_threads_eject_an_endpoint_once_and_not_too_many) {
  constexpr std::size_t kEndpoints = 6;
  OneBackend backend(kEndpoints);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (std::size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (std::size_t n = 0; n < 2'000; ++n) {
        auto const endpoint = (n + i) % kEndpoints;
        static_cast<void>(backend.status(endpoint).schedule());
        if (endpoint == 0) {
          report_success(*backend.state.endpoints[0], kNow);
        } else {
          backend.fail(endpoint, 1, kNow);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  int ejected = 0;
  for (std::size_t i = 0; i < kEndpoints; ++i) {
    bool const is_ejected = backend.standing(i, kNow) == Standing::ejected;
    EXPECT_EQ(backend.status(i).ejections, is_ejected ? 1U : 0U);
    ejected += is_ejected ? 1 : 0;
  }
  EXPECT_EQ(ejected, 3);
  EXPECT_EQ(backend.standing(0, kNow), Standing::up);
}

}  // namespace
}  // namespace inferway::upstream
