#include "inferway/balance/health.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace inferway::balance {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Verdict = EndpointHealth::Verdict;

constexpr TimePoint kStart{seconds(10'000)};
constexpr HealthRules kRules;

struct MostRow {
  std::size_t endpoints;
  std::uint32_t percent;
  std::size_t want;
};
constexpr MostRow kMostRows[] = {
    {1, 50, 0},                                                     // the only one: ejecting it would change nothing
    {1, 100, 1},                                                    // unless it is wanted
    {2, 50, 1},  {3, 50, 1},  {4, 50, 2},  {5, 50, 2}, {3, 20, 1},  // one at least
    {10, 10, 1}, {10, 19, 1}, {10, 20, 2}, {10, 0, 0},              // off
    {4, 100, 4}, {0, 50, 0},
};

TEST(MostEjectedTest, is_the_share_rounded_down_but_one_at_least_of_two) {
  for (auto const& row : kMostRows) {
    EXPECT_EQ(most_ejected(row.endpoints, row.percent), row.want) << row.percent << " % of " << row.endpoints;
  }
}

Tally after(std::string_view ends) {
  Tally tally = kNoTally;
  for (char const end : ends) tally = counted(tally, end == '+' ? Ended::well : Ended::badly, kStart);
  return tally;
}

struct JudgeRow {
  char const* name;
  std::string_view ends;
  Verdict want;
};
constexpr JudgeRow kJudgeRows[] = {
    {"four_in_a_row", "----", Verdict::none},
    {"five_in_a_row", "-----", Verdict::row},
    {"five_but_not_in_a_row", "--+---", Verdict::none},
    {"too_few_for_a_rate", "----+----+----+----", Verdict::none},
    {"more_than_half_of_twenty_fail", "----+----+----+-----", Verdict::row},
    {"a_rate_without_a_row", "----+----+----+----+", Verdict::rate},
    {"half_of_twenty_fail", "+-+-+-+-+-+-+-+-+-+-", Verdict::none},
    {"eleven_of_twenty_fail", "+-+-+-+-+--+-+-+-+--", Verdict::rate},
    {"all_well", "++++++++++++++++++++++++", Verdict::none},
};
class JudgeTest : public testing::TestWithParam<JudgeRow> {};

TEST_P(JudgeTest, ejects_for_failures_in_a_row_and_for_a_low_rate) {
  EXPECT_EQ(EndpointHealth().judge(after(GetParam().ends), kRules, kStart), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, JudgeTest, testing::ValuesIn(kJudgeRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(HealthTest, the_rate_is_that_of_the_last_seconds) {
  auto const tally = after("----+----+----+----+");
  EXPECT_EQ(EndpointHealth().judge(tally, kRules, kStart + seconds(5)), Verdict::none);  // 10 requests are left
}

TEST(HealthTest, does_not_judge_one_that_is_ejected_drained_or_disabled) {
  EndpointHealth ejected;
  ejected.eject(kRules, kStart);
  EXPECT_EQ(ejected.judge(after("---------"), kRules, kStart), Verdict::none);
  for (auto const state : {AdminState::drained, AdminState::disabled}) {
    EndpointHealth health;
    health.set_admin(state, kStart);
    EXPECT_EQ(health.judge(after("---------"), kRules, kStart), Verdict::none);
  }
}

TEST(HealthTest, is_ejected_for_a_while_and_then_starts_slowly) {
  EndpointHealth health;
  EXPECT_EQ(health.standing(kStart), Standing::up);
  EXPECT_EQ(health.eject(kRules, kStart), kStart + seconds(30));
  EXPECT_EQ(health.standing(kStart), Standing::ejected);
  EXPECT_EQ(health.until(kStart), kStart + seconds(30));
  EXPECT_EQ(health.standing(kStart + milliseconds(29'999)), Standing::ejected);
  EXPECT_EQ(health.standing(kStart + seconds(30)), Standing::starting);
  EXPECT_EQ(health.until(kStart + seconds(30)), kStart + seconds(60));
  EXPECT_EQ(health.standing(kStart + seconds(60)), Standing::up);
}

TEST(HealthTest, repeated_ejections_grow_and_have_a_bound) {
  EndpointHealth health;
  auto now = kStart;
  for (int i = 1; i <= 15; ++i) {
    auto const until = health.eject(kRules, now);
    EXPECT_EQ(until - now, seconds(30) * std::min(i, 10)) << i;
    now = until + seconds(1);
  }
}

TEST(HealthTest, ejections_are_forgotten_with_the_time_it_goes_well) {
  EndpointHealth health;
  auto now = kStart;
  for (int i = 0; i < 4; ++i) now = health.eject(kRules, now);
  EXPECT_EQ(health.eject(kRules, now + seconds(60)) - now, seconds(60) + seconds(90));  // 4 - 2 + 1
  now = health.until(now + seconds(60));
  EXPECT_EQ(health.eject(kRules, now + minutes(10)) - now, minutes(10) + seconds(30));
}

TEST(HealthTest, the_later_of_two_rests_counts) {
  EndpointHealth health;
  EXPECT_TRUE(health.cool_down(kStart + seconds(10), kStart));
  EXPECT_FALSE(health.cool_down(kStart + seconds(5), kStart));
  EXPECT_EQ(health.until(kStart), kStart + seconds(10));
  EXPECT_TRUE(health.cool_down(kStart + seconds(20), kStart + seconds(1)));
  EXPECT_EQ(health.until(kStart), kStart + seconds(20));
  EXPECT_EQ(health.standing(kStart + seconds(19)), Standing::resting);
  EXPECT_EQ(health.standing(kStart + seconds(20)), Standing::up);  // it is warm: no slow start
}

TEST(HealthTest, no_rest_is_none) {
  EndpointHealth health;
  EXPECT_FALSE(health.cool_down(kStart, kStart));
  EXPECT_EQ(health.standing(kStart), Standing::up);
}

struct ChecksRow {
  char const* name;
  std::string_view checks;  ///< + passed, - failed
  std::string_view want;    ///< after each: U became unhealthy, H healthy, . no change
};
constexpr ChecksRow kChecksRows[] = {
    {"passing", "+++", "..."},
    {"three_failures", "---", "..U"},
    {"not_in_a_row", "--+--+---", "........U"},
    {"two_passes", "---++", "..U.H"},
    {"not_two_in_a_row", "---+-+-++", "..U.....H"},
    {"again", "---++---", "..U.H..U"},
};
class ChecksTest : public testing::TestWithParam<ChecksRow> {};

TEST_P(ChecksTest, changes_after_so_many_checks_in_a_row) {
  EndpointHealth health;
  std::string got;
  for (char const check : GetParam().checks) {
    auto const became = health.checked(check == '+', kRules, kStart);
    got += !became ? '.' : *became ? 'H' : 'U';
  }
  EXPECT_EQ(got, GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, ChecksTest, testing::ValuesIn(kChecksRows),
                         [](auto const& row) { return std::string(row.param.name); });

EndpointHealth unhealthy() {
  EndpointHealth health;
  for (int i = 0; i < 3; ++i) health.checked(false, kRules, kStart);
  return health;
}

TEST(HealthTest, one_that_became_healthy_starts_slowly) {
  auto health = unhealthy();
  EXPECT_EQ(health.standing(kStart), Standing::unhealthy);
  EXPECT_EQ(health.until(kStart), TimePoint::max());
  health.checked(true, kRules, kStart + seconds(1));
  health.checked(true, kRules, kStart + seconds(2));
  EXPECT_EQ(health.standing(kStart + seconds(2)), Standing::starting);
  EXPECT_EQ(health.standing(kStart + seconds(32)), Standing::up);
}

TEST(HealthTest, one_that_is_not_checked_any_more_is_not_unhealthy) {
  auto health = unhealthy();
  EXPECT_TRUE(health.unchecked(kStart));
  EXPECT_EQ(health.standing(kStart), Standing::starting);
  EXPECT_FALSE(health.unchecked(kStart));
}

TEST(HealthTest, what_the_operator_says_comes_first) {
  auto health = unhealthy();
  health.eject(kRules, kStart);
  health.cool_down(kStart + seconds(90), kStart);
  EXPECT_TRUE(health.set_admin(AdminState::drained, kStart));
  EXPECT_FALSE(health.set_admin(AdminState::drained, kStart));
  EXPECT_EQ(health.standing(kStart), Standing::drained);
  EXPECT_TRUE(health.set_admin(AdminState::disabled, kStart));
  EXPECT_EQ(health.standing(kStart), Standing::disabled);
  EXPECT_TRUE(health.set_admin(AdminState::enabled, kStart));
  EXPECT_EQ(health.standing(kStart), Standing::resting);  // the endpoint's own wish
  EXPECT_EQ(health.standing(kStart + seconds(90)), Standing::up);
}

TEST(HealthTest, one_that_was_drained_is_as_healthy_as_its_checks_say) {
  auto health = unhealthy();
  health.set_admin(AdminState::drained, kStart);
  health.set_admin(AdminState::enabled, kStart);
  EXPECT_EQ(health.standing(kStart), Standing::unhealthy);
}

TEST(HealthTest, enabling_ends_an_ejection) {
  EndpointHealth health;
  EXPECT_FALSE(health.set_admin(AdminState::enabled, kStart));
  health.eject(kRules, kStart);
  EXPECT_TRUE(health.set_admin(AdminState::enabled, kStart + seconds(1)));
  EXPECT_EQ(health.standing(kStart + seconds(1)), Standing::starting);
}

TEST(ScheduleTest, the_share_grows_in_a_straight_line) {
  Schedule const schedule{.closed_until = TimePoint::min(), .doubted_until = TimePoint::min(), .starts_at = kStart};
  EXPECT_EQ(share_of(schedule, kStart - seconds(5)), 10U);
  EXPECT_EQ(share_of(schedule, kStart), 10U);
  EXPECT_EQ(share_of(schedule, kStart + seconds(10)), 40U);
  EXPECT_EQ(share_of(schedule, kStart + seconds(20)), 70U);
  EXPECT_EQ(share_of(schedule, kStart + milliseconds(29'999)), 99U);
  EXPECT_EQ(share_of(schedule, kStart + seconds(30)), 100U);
  EXPECT_EQ(share_of({}, kStart), 100U);
}

TEST(ScheduleTest, is_plain_when_nothing_is_left_to_know) {
  EXPECT_TRUE(is_plain({}, kStart));
  EndpointHealth health;
  health.eject(kRules, kStart);
  EXPECT_FALSE(is_plain(health.schedule(), kStart));
  EXPECT_FALSE(is_plain(health.schedule(), kStart + seconds(59)));
  EXPECT_TRUE(is_plain(health.schedule(), kStart + seconds(60)));
  health.set_admin(AdminState::drained, kStart);
  EXPECT_FALSE(is_plain(health.schedule(), kStart + minutes(60)));
}

}  // namespace
}  // namespace inferway::balance
