#include "inferway/balance/candidates.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace inferway::balance {
namespace {

using std::chrono::seconds;

constexpr TimePoint kNow{seconds(10'000)};

/// One endpoint a letter: u up, s starting slowly (just now), e ejected, h unhealthy, r resting for 10 s, R for 5 s, d
/// drained, b ejected and resting.
Schedule schedule(char what) {
  Schedule out;
  if (what == 's') out.starts_at = kNow;
  if (what == 'e' || what == 'b') out.doubted_until = kNow + seconds(3);
  if (what == 'h') out.doubted_until = TimePoint::max();
  if (what == 'r' || what == 'b') out.closed_until = kNow + seconds(10);
  if (what == 'R') out.closed_until = kNow + seconds(5);
  if (what == 'd') out.closed_until = TimePoint::max();
  return out;
}

struct Row {
  char const* name;
  std::string_view endpoints;
  std::vector<std::size_t> avoid;
  Offer offer;
  std::vector<std::uint32_t> shares;
  bool other = true;
  Duration due = seconds(0);  ///< 0: never
};
Row const kRows[] = {
    {"all_up", "uuu", {}, Offer::healthy, {100, 100, 100}},
    {"one_ejected", "uue", {}, Offer::healthy, {100, 100, 0}},
    {"one_of_each", "usehrd", {}, Offer::healthy, {100, 10, 0, 0, 0, 0}},
    {"panic", "ehe", {}, Offer::panic, {100, 100, 100}},
    {"panic_spares_the_resting_and_the_drained", "erdh", {}, Offer::panic, {100, 0, 0, 100}},
    {"ejected_and_resting_is_resting", "bb", {}, Offer::resting, {0, 0}, false, seconds(10)},
    {"all_rest", "rRr", {}, Offer::resting, {0, 0, 0}, false, seconds(5)},
    {"rest_or_drained", "drd", {}, Offer::resting, {0, 0, 0}, false, seconds(10)},
    {"all_drained", "dd", {}, Offer::none, {0, 0}, false},
    {"avoid", "uuu", {1}, Offer::healthy, {100, 0, 100}},
    {"avoid_two", "uuu", {1, 2}, Offer::healthy, {100, 0, 0}},
    {"avoid_all", "uu", {0, 1}, Offer::healthy, {100, 100}, false},
    {"avoid_the_only_good_one_without_panic", "ue", {0}, Offer::healthy, {100, 0}, false},
    {"avoid_in_panic", "eed", {0}, Offer::panic, {0, 100, 0}},
    {"avoid_what_rests_anyway", "uru", {1}, Offer::healthy, {100, 0, 100}},
};
class CandidatesTest : public testing::TestWithParam<Row> {};

TEST_P(CandidatesTest, offers_the_better_kind_alone) {
  auto const& row = GetParam();
  std::vector<Schedule> schedules;
  for (char const what : row.endpoints) schedules.push_back(schedule(what));
  std::vector<Load> loads(schedules.size());
  auto const got = admit(schedules, row.avoid, kNow, loads);
  EXPECT_EQ(got.offer, row.offer);
  EXPECT_EQ(got.other, row.other);
  EXPECT_EQ(got.due, row.due == seconds(0) ? TimePoint::max() : kNow + row.due);
  for (std::size_t i = 0; i < loads.size(); ++i) EXPECT_EQ(loads[i].share, row.shares[i]) << "endpoint " << i;
  bool const all_up = row.endpoints.find_first_not_of('u') == std::string_view::npos;
  if (!all_up) return;
  std::vector<Load> again(schedules.size());
  EXPECT_EQ(admit_all(row.avoid, again).other, row.other);
  for (std::size_t i = 0; i < loads.size(); ++i) EXPECT_EQ(again[i].share, row.shares[i]) << "endpoint " << i;
}
INSTANTIATE_TEST_SUITE_P(Rows, CandidatesTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(CandidatesWeightTest, one_of_weight_zero_is_not_taken_for_one_that_is_ejected) {
  std::vector<Load> loads{{0, 0}, {0, 3}};
  EXPECT_EQ(admit(std::vector{schedule('u'), schedule('e')}, {}, kNow, loads).offer, Offer::panic);
  EXPECT_EQ(loads[0].share, 0U);
  EXPECT_EQ(loads[1].share, 100U);
}

TEST(CandidatesWeightTest, all_of_weight_zero_count_alike) {
  std::vector<Load> loads{{0, 0}, {0, 0}};
  EXPECT_EQ(admit(std::vector{schedule('u'), schedule('r')}, {}, kNow, loads).offer, Offer::healthy);
  EXPECT_EQ(loads[0].share, 100U);
  EXPECT_EQ(loads[1].share, 0U);
}

TEST(CandidatesWeightTest, another_of_weight_zero_is_no_other) {
  std::vector<Load> loads{{0, 0}, {0, 1}};
  std::vector<std::size_t> const avoid{1};
  EXPECT_FALSE(admit_all(avoid, loads).other);
  EXPECT_EQ(loads[1].share, 100U);
}

}  // namespace
}  // namespace inferway::balance
