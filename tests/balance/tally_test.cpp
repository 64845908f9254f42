#include "inferway/balance/tally.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace inferway::balance {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// At the beginning of 5 s.
constexpr TimePoint kStart{seconds(10'000)};

/// + ended well, - badly.
Tally after(std::string_view ends, Tally tally = kNoTally, TimePoint now = kStart) {
  for (char const end : ends) tally = counted(tally, end == '+' ? Ended::well : Ended::badly, now);
  return tally;
}

struct Row {
  char const* name;
  std::string_view ends;
  Duration later;
  TallyCounts want;
};
constexpr Row kRows[] = {
    {"nothing", "", seconds(0), {0, 0, 0}},
    {"a_failure", "-", seconds(0), {1, 1, 1}},
    {"failures_in_a_row", "+---", seconds(0), {3, 4, 3}},
    {"a_success_ends_the_row", "---+", seconds(0), {0, 4, 3}},
    {"the_row_begins_anew", "---+--", seconds(0), {2, 6, 5}},
    {"within_five_seconds", "++--", milliseconds(4'999), {2, 4, 2}},
    {"halved", "++--", seconds(5), {2, 2, 1}},
    {"halved_twice", "++++----", seconds(10), {4, 2, 1}},
    {"forgotten_but_for_the_row", "++++----", seconds(20), {4, 0, 0}},
    {"long_ago", "-", hours(1), {1, 0, 0}},
    {"a_clock_a_little_behind", "--", milliseconds(-1), {2, 2, 2}},
};
class TallyTest : public testing::TestWithParam<Row> {};

TEST_P(TallyTest, counts_what_ended_of_late) {
  EXPECT_EQ(counts(after(GetParam().ends), kStart + GetParam().later), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, TallyTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(TallyCountingTest, goes_on_after_the_halving) {
  auto const tally = after("--", after("++--"), kStart + seconds(5));
  EXPECT_EQ(counts(tally, kStart + seconds(5)), (TallyCounts{4, 4, 3}));
  EXPECT_EQ(counts(tally, kStart + seconds(10)), (TallyCounts{4, 2, 1}));
}

TEST(TallyCountingTest, a_clock_a_little_behind_does_not_take_it_back) {
  auto const tally = after("-", after("-"), kStart - milliseconds(1));
  EXPECT_EQ(counts(tally, kStart), (TallyCounts{2, 2, 2}));
}

TEST(TallyCountingTest, keeps_the_share_when_there_is_no_more_room) {
  Tally tally = kNoTally;
  for (int i = 0; i < 200'000; ++i) tally = after(i % 4 == 0 ? "-" : "+", tally);
  auto const got = counts(tally, kStart);
  EXPECT_NEAR(static_cast<double>(got.failed) / got.requests, 0.25, 0.001);
  EXPECT_GT(got.requests, 30'000U);
}

TEST(TallyCountingTest, the_row_has_an_end) {
  Tally tally = kNoTally;
  for (int i = 0; i < (1 << 20) + 5; ++i) tally = after("-", tally);
  EXPECT_EQ(counts(tally, kStart).failures_in_row, (1U << 20U) - 1);
}

}  // namespace
}  // namespace inferway::balance
