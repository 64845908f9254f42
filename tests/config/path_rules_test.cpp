#include "path_rules.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

struct Row {
  char const* name;
  std::string_view path;
  bool accepted;
};
std::string row_name(testing::TestParamInfo<Row> const& row) { return row.param.name; }

class PatternTest : public testing::TestWithParam<Row> {};
constexpr Row kPatterns[] = {
    {"exact", "/v1/chat/completions", true},
    {"root", "/", true},
    {"prefix", "/v1/*", true},
    {"everything", "/*", true},
    {"trailing_slash", "/v1/", true},
    {"sub_delimiters", "/v1/a:b@c,d;e=f", true},
    {"encoded_slash", "/v1/a%2Fb", true},
    {"dots_in_a_segment", "/v1/...a", true},
    {"empty", "", false},
    {"relative", "v1/chat", false},
    {"star_inside", "/v1/*/x", false},
    {"star_in_a_segment", "/v1/ch*", false},
    {"two_stars", "/v1/**", false},
    {"two_star_segments", "/*/*", false},
    {"star_alone", "*", false},
    {"double_slash", "/v1//chat", false},
    {"double_slash_before_star", "/v1//*", false},
    {"dot", "/v1/./chat", false},
    {"dot_dot_at_the_end", "/v1/..", false},
    {"needless_encoding", "/v1/%61", false},
    {"encoded_dot", "/v1/%2e%2E", false},
    {"encoding_in_lower_case", "/v1/a%2fb", false},
    {"broken_encoding", "/v1/%2", false},
    {"not_hexadecimal", "/v1/%zz", false},
    {"encoded_nul", "/v1/%00", false},
    {"query", "/v1?x=1", false},
    {"fragment", "/v1#x", false},
    {"space", "/v1/a b", false},
    {"control", "/v1/\n", false},
    {"not_ascii", "/v1/\xC3\xA4", false},
    {"brace", "/v1/{id}", false},
};
TEST_P(PatternTest, is_a_normal_path_or_a_prefix) {
  EXPECT_EQ(!complaint_about_pattern(GetParam().path).has_value(), GetParam().accepted);
}
INSTANTIATE_TEST_SUITE_P(Rows, PatternTest, testing::ValuesIn(kPatterns), row_name);

class RewriteTest : public testing::TestWithParam<Row> {};
constexpr Row kRewrites[] = {
    {"plain", "/v2/chat", true},
    {"tail", "/v2/{path}", true},
    {"tail_inside", "/a/{path}/b", true},
    {"tail_twice", "/{path}/{path}", true},
    {"relative", "v2/{path}", false},
    {"tail_alone", "{path}", false},
    {"other_brace", "/v2/{model}", false},
    {"half_brace", "/v2/{path", false},
    {"query", "/v2?x", false},
    {"double_slash", "/v2//{path}", false},
};
TEST_P(RewriteTest, may_put_the_tail_of_a_prefix_anywhere) {
  EXPECT_EQ(!complaint_about_rewrite(GetParam().path, "/v1/*").has_value(), GetParam().accepted);
}
INSTANTIATE_TEST_SUITE_P(Rows, RewriteTest, testing::ValuesIn(kRewrites), row_name);

TEST(RewriteRuleTest, an_exact_pattern_has_no_tail) {
  EXPECT_FALSE(complaint_about_rewrite("/v2", "/v1"));
  EXPECT_TRUE(complaint_about_rewrite("/v2/{path}", "/v1"));
}

}  // namespace
}  // namespace inferway::config
