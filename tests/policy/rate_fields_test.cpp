#include "inferway/policy/rate_fields.hpp"

#include <gtest/gtest.h>

namespace inferway::policy {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

struct FieldsRow {
  char const* name;
  nanoseconds retry_after;
  nanoseconds full_after;
  char const* seconds;
  char const* milliseconds;
  char const* reset;
};
constexpr FieldsRow kRows[] = {
    {"a_nanosecond", 1ns, 1ns, "1", "1", "1ms"},
    {"below_a_second", 120ms, 999ms, "1", "120", "999ms"},
    {"a_second", 1s, 1s, "1", "1000", "1s"},
    {"rounded_up", 1s + 1ns, 1s + 1ns, "2", "1001", "1.001s"},
    {"fractions", 1500ms, 59s + 40ms, "2", "1500", "59.04s"},
    {"a_minute", 60s, 60s, "60", "60000", "1m0s"},
    {"beyond", 60s, 3661s + 500ms, "60", "60000", "61m1.5s"},
};
class RateFieldsTest : public testing::TestWithParam<FieldsRow> {};

TEST_P(RateFieldsTest, tell_times_rounded_up) {
  auto const& row = GetParam();
  auto const fields = rate_fields({.retry_after = row.retry_after, .full_after = row.full_after}, 60);
  EXPECT_EQ(fields.retry_after, row.seconds);
  EXPECT_EQ(fields.retry_after_ms, row.milliseconds);
  EXPECT_EQ(fields.limit, "60");
  EXPECT_EQ(fields.reset, row.reset);
}
INSTANTIATE_TEST_SUITE_P(Rows, RateFieldsTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::policy
