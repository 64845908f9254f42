#include "scalars.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace inferway::config {
namespace {

struct Row {
  char const* name;
  std::string_view text;
  std::optional<std::int64_t> want;
};
std::string row_name(testing::TestParamInfo<Row> const& row) { return row.param.name; }

class DurationTest : public testing::TestWithParam<Row> {};
constexpr Row kDurations[] = {
    {"milliseconds", "250ms", 250},
    {"seconds", "10s", 10'000},
    {"minutes", "5m", 300'000},
    {"hours", "1h", 3'600'000},
    {"smallest", "1ms", 1},
    {"largest", "168h", 604'800'000},
    {"beyond_the_largest", "169h", {}},
    {"zero_below_the_range", "0s", {}},
    {"no_unit", "10", {}},
    {"unit_alone", "s", {}},
    {"empty", "", {}},
    {"fraction", "1.5s", {}},
    {"negative", "-1s", {}},
    {"plus", "+1s", {}},
    {"space", "1 s", {}},
    {"two_units", "1h30m", {}},
    {"upper_case", "1S", {}},
    {"days", "1d", {}},
    {"overflow", "99999999999999999999s", {}},
    {"overflow_by_unit", "18446744073709551615h", {}},
};
TEST_P(DurationTest, is_a_whole_number_with_a_unit) {
  auto const got = parse_duration(GetParam().text, kPositive);
  EXPECT_EQ(got ? std::optional(got->count()) : std::nullopt, GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, DurationTest, testing::ValuesIn(kDurations), row_name);

class SizeTest : public testing::TestWithParam<Row> {};
constexpr Row kSizes[] = {
    {"bytes", "512B", 512},
    {"kibibytes", "64KiB", 65'536},
    {"mebibytes", "32MiB", 33'554'432},
    {"gibibytes", "1GiB", 1'073'741'824},
    {"below_the_range", "0B", {}},
    {"beyond_the_range", "3GiB", {}},
    {"no_unit", "512", {}},
    {"decimal_unit", "64KB", {}},
    {"lower_case", "64kib", {}},
    {"overflow_by_unit", "18446744073709551615GiB", {}},
};
TEST_P(SizeTest, is_a_whole_number_with_a_unit) {
  auto const got = parse_size(GetParam().text, {1, 2'147'483'648});
  EXPECT_EQ(got ? std::optional(static_cast<std::int64_t>(*got)) : std::nullopt, GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, SizeTest, testing::ValuesIn(kSizes), row_name);

class IntegerTest : public testing::TestWithParam<Row> {};
constexpr Row kIntegers[] = {
    {"zero", "0", 0},
    {"number", "128", 128},
    {"negative", "-5", -5},
    {"below", "-11", {}},
    {"beyond", "1001", {}},
    {"leading_zero", "010", {}},  // YAML 1.1 readers take it for 8
    {"hexadecimal", "0x10", {}},
    {"plus", "+5", {}},
    {"underscore", "1_000", {}},
    {"exponent", "1e2", {}},
    {"fraction", "1.0", {}},
    {"sign_alone", "-", {}},
    {"empty", "", {}},
    {"overflow", "99999999999999999999", {}},
    {"overflow_negative", "-9223372036854775809", {}},
};
TEST_P(IntegerTest, is_decimal_and_nothing_else) {
  auto const got = parse_integer(GetParam().text, {-10, 1'000});
  EXPECT_EQ(got ? std::optional(*got) : std::nullopt, GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, IntegerTest, testing::ValuesIn(kIntegers), row_name);

TEST(ScalarsTest, prints_durations_and_sizes_in_their_largest_whole_unit) {
  EXPECT_EQ(print_duration(Milliseconds(0)), "0ms");
  EXPECT_EQ(print_duration(Milliseconds(1'500)), "1500ms");
  EXPECT_EQ(print_duration(Milliseconds(90'000)), "90s");
  EXPECT_EQ(print_duration(Milliseconds(7'200'000)), "2h");
  EXPECT_EQ(print_size(1'000), "1000B");
  EXPECT_EQ(print_size(65'536), "64KiB");
}

TEST(ScalarsTest, no_complaint_repeats_the_value) {
  constexpr std::string_view kValue = "7734secret";
  EXPECT_EQ(parse_duration(kValue, kPositive).error().find(kValue), std::string::npos);
  EXPECT_EQ(parse_size(kValue, {1, 2}).error().find(kValue), std::string::npos);
  EXPECT_EQ(parse_integer(kValue, {1, 2}).error().find(kValue), std::string::npos);
}

}  // namespace
}  // namespace inferway::config
