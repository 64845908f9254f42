#include "source_text.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

using namespace std::string_view_literals;

struct Row {
  char const* name;
  std::string_view text;
  Position bad;  ///< 0:0: nothing is
};
constexpr Row kRows[] = {
    {"empty", "", {}},
    {"tab_and_line_breaks", "a:\tb\r\nc\n", {}},
    {"two_three_four_bytes", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", {}},
    {"nul", "a\0b"sv, {1, 2}},
    {"end_of_transmission", "a\nb\x04", {2, 2}},
    {"delete", "\x7F", {1, 1}},
    {"lone_continuation", "a\n\x80", {2, 1}},
    {"overlong_slash", "\xC0\xAF", {1, 1}},
    {"overlong_three", "\xE0\x80\x80", {1, 1}},
    {"surrogate", "\xED\xA0\x80", {1, 1}},
    {"above_unicode", "\xF4\x90\x80\x80", {1, 1}},
    {"overlong_four", "\xF0\x80\x80\x80", {1, 1}},
    {"cut_short", "ab\xE2\x82", {1, 3}},
    {"columns_count_bytes", "\xC3\xA4\x01", {1, 3}},
    {"utf16", "\xFF\xFE\x61\x00"sv, {1, 1}},
};
class SourceTextTest : public testing::TestWithParam<Row> {};

TEST_P(SourceTextTest, finds_the_first_character_that_is_no_text) {
  auto const found = find_bad_character(GetParam().text).value_or(Problem{});
  EXPECT_EQ(found.position.line, GetParam().bad.line);
  EXPECT_EQ(found.position.column, GetParam().bad.column);
}
INSTANTIATE_TEST_SUITE_P(Rows, SourceTextTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::config
