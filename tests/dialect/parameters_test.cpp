#include "parameters.hpp"

#include "http/splits.hpp"

#include <gtest/gtest.h>

namespace inferway::dialect {
namespace {

using List = std::vector<std::pair<std::string_view, std::string>>;

struct ParametersRow {
  char const* name;
  std::string_view text;
  std::string_view value;
  List list;
};
ParametersRow const kParametersRows[] = {
    {"none", "form-data", "form-data", {}},
    {"blanks_around", " form-data ; a=1 ;b=2\t", "form-data", {{"a", "1"}, {"b", "2"}}},
    {"quoted", R"(form-data; name="a b;c"; x=y)", "form-data", {{"name", "a b;c"}, {"x", "y"}}},
    {"escaped_quote", R"(f; n="a\"b\\c")", "f", {{"n", R"(a"b\c)"}}},
    {"windows_path", R"(f; n="C:\dir\x.txt")", "f", {{"n", R"(C:\dir\x.txt)"}}},
    {"semicolon_before_an_escaped_quote", R"(f; n="a;b\"c")", "f", {{"n", R"(a;b"c)"}}},
    {"encoded_file_name", "f; FileName*=UTF-8''b", "f", {{"FileName*", "UTF-8''b"}}},
    {"empty_quoted", R"(f; n="")", "f", {{"n", ""}}},
    {"empty_parameters", "f;; a=1;", "f", {{"a", "1"}}},
    {"name_as_it_came", "f; NaMe=1", "f", {{"NaMe", "1"}}},
};
class ParametersTest : public testing::TestWithParam<ParametersRow> {};

TEST_P(ParametersTest, are_taken_apart) {
  auto const parsed = parse_parameters(GetParam().text);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->value, GetParam().value);
  EXPECT_EQ(parsed->list, GetParam().list);
}
INSTANTIATE_TEST_SUITE_P(Rows, ParametersTest, testing::ValuesIn(kParametersRows), kRowName);

struct MalformedRow {
  char const* name;
  std::string_view text;
};
constexpr MalformedRow kMalformedRows[] = {
    {"open_quote", "f; a=\"b"},
    {"quote_escaped_at_the_end", "f; a=\"b\\\""},
    {"behind_the_quote", "f; a=\"b\"c"},
    {"no_value", "f; a"},
    {"empty_value", "f; a="},
    {"blank_in_a_token", "f; a=b c"},
    {"no_token", "f; a=b@c"},
    {"blank_before_the_equals", "f; a =b"},
    {"blank_behind_the_equals", "f; a= \"b\""},
    {"twice", "f; a=1; A=2"},
    {"semicolon_behind_an_escaped_quote", R"(f; a="b\"; c=\"")"},
    {"in_pieces", "f; a*0=b"},
    {"encoded", "f; a*=UTF-8''b"},
};
class MalformedParametersTest : public testing::TestWithParam<MalformedRow> {};

TEST_P(MalformedParametersTest, are_refused) { EXPECT_FALSE(parse_parameters(GetParam().text).has_value()); }
INSTANTIATE_TEST_SUITE_P(Rows, MalformedParametersTest, testing::ValuesIn(kMalformedRows), kRowName);

TEST(ParametersTest, are_found_by_name_in_any_case) {
  auto const parsed = parse_parameters("f; Name=1");
  ASSERT_TRUE(parsed.has_value());
  ASSERT_NE(parsed->find("nAME"), nullptr);
  EXPECT_EQ(*parsed->find("name"), "1");
  EXPECT_EQ(parsed->find("nam"), nullptr);
}

}  // namespace
}  // namespace inferway::dialect
