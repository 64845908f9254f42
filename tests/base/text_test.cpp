#include "inferway/base/text.hpp"

#include <gtest/gtest.h>

#include <array>

namespace inferway {
namespace {

constexpr auto kRowName = [](auto const& row) { return std::string(row.param.name); };

TEST(CaseTest, is_ascii_alone) {
  EXPECT_TRUE(iequals("Content-LENGTH", "content-length"));
  EXPECT_TRUE(iequals("", ""));
  EXPECT_FALSE(iequals("a", "ab"));
  EXPECT_FALSE(iequals("@", "`"));  // 0x20 apart, but no letters
  EXPECT_FALSE(iequals("[", "{"));
  EXPECT_FALSE(iequals("\xC3\x84", "\xC3\xA4"));
  EXPECT_EQ(lower("AZaz@[\xC3\x84"), "azaz@[\xC3\x84");
}

TEST(TrimTest, takes_spaces_and_tabs_off_both_ends) {
  EXPECT_EQ(trim(" \t a b\t "), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("\r\na\n"), "\r\na\n");
}

struct DecimalRow {
  char const* name;
  std::string_view text;
  std::optional<std::uint64_t> value;
};
constexpr DecimalRow kDecimalRows[] = {
    {"zero", "0", 0},
    {"number", "1234567890", 1234567890},
    {"leading_zeros", "0007", 7},
    {"largest", "18446744073709551615", 18446744073709551615ULL},
    {"one_more", "18446744073709551616", {}},
    {"far_more", "99999999999999999999999", {}},
    {"empty", "", {}},
    {"plus", "+1", {}},
    {"minus", "-1", {}},
    {"space_before", " 1", {}},
    {"space_behind", "1 ", {}},
    {"hex", "0x1", {}},
    {"fraction", "1.0", {}},
    {"letters", "1a", {}},
};
class DecimalTest : public testing::TestWithParam<DecimalRow> {};

TEST_P(DecimalTest, is_digits_and_nothing_else) { EXPECT_EQ(parse_decimal(GetParam().text), GetParam().value); }
INSTANTIATE_TEST_SUITE_P(Rows, DecimalTest, testing::ValuesIn(kDecimalRows), kRowName);

TEST(HexDigitTest, knows_all_and_no_other) {
  std::string_view const digits = "0123456789abcdef";
  for (int c = 0; c < 256; ++c) {
    auto const at = digits.find(to_lower(static_cast<char>(c)));
    EXPECT_EQ(hex_digit(static_cast<char>(c)), at == std::string_view::npos ? -1 : static_cast<int>(at)) << c;
  }
}

struct GlobRow {
  char const* name;
  std::string_view pattern;
  std::string_view text;
  bool matches;
};
constexpr GlobRow kGlobRows[] = {
    {"same", "gpt-4", "gpt-4", true},
    {"other", "gpt-4", "gpt-5", false},
    {"longer_text", "gpt-4", "gpt-4o", false},
    {"shorter_text", "gpt-4", "gpt-", false},
    {"case_counts", "gpt", "GPT", false},
    {"star_alone", "*", "anything", true},
    {"star_and_nothing", "*", "", true},
    {"empty_and_nothing", "", "", true},
    {"empty_and_text", "", "a", false},
    {"prefix", "llama-*", "llama-3", true},
    {"prefix_and_nothing", "llama-*", "llama-", true},
    {"prefix_missing", "llama-*", "xllama-3", false},
    {"suffix", "*-mini", "gpt-4-mini", true},
    {"suffix_missing", "*-mini", "gpt-4-minis", false},
    {"suffix_twice_in_text", "*-mini", "a-mini-mini", true},
    {"inside", "a*c", "abbc", true},
    {"inside_overlapping", "ab*ba", "aba", false},
    {"several", "*a*b*", "xxaxxbxx", true},
    {"several_out_of_order", "*a*b*", "xxbxxaxx", false},
    {"star_run", "a***b", "ab", true},
    {"question_mark_is_itself", "a?", "ab", false},
    {"brackets_are_themselves", "[a]", "a", false},
    {"slashes_are_ordinary", "a*z", "a/b/z", true},
};
class GlobTest : public testing::TestWithParam<GlobRow> {};

TEST_P(GlobTest, lets_a_star_be_any_run) {
  EXPECT_EQ(glob_match(GetParam().pattern, GetParam().text), GetParam().matches);
}
INSTANTIATE_TEST_SUITE_P(Rows, GlobTest, testing::ValuesIn(kGlobRows), kRowName);

TEST(GlobTest, stays_cheap_with_many_stars) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(5000, 'a')));
}

TEST(EditDistanceTest, counts_single_changes) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("timeout", "timeouts"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(NearestTest, offers_only_a_likely_slip) {
  std::array<std::string_view, 3> const known = {"timeouts", "endpoints", "weight"};
  EXPECT_EQ(nearest("timeout", known), "timeouts");
  EXPECT_EQ(nearest("wieght", known), "weight");
  EXPECT_EQ(nearest("something", known), "");
  EXPECT_EQ(nearest("x", std::array<std::string_view, 0>{}), "");
}

struct EscapeRow {
  char const* name;
  std::string_view text;
  std::string_view escaped;
};
using namespace std::string_view_literals;
constexpr EscapeRow kEscapeRows[] = {
    {"empty", "", ""},
    {"plain", "a/b 'c'", "a/b 'c'"},
    {"quotes_and_backslashes", R"("\")", R"(\"\\\")"},
    {"line_feed", "a\nb", "a\\nb"},
    {"controls", "\0\t\r\x1F\x7F"sv, "\\u0000\\u0009\\u000d\\u001f\\u007f"},
    {"utf_8", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x99\x82", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x99\x82"},
    {"lone_continuation", "a\x80z", "a\\ufffdz"},
    {"cut_sequence", "a\xE2\x82", "a\\ufffd\\ufffd"},
    {"cut_by_a_quote", "\xC3\"", "\\ufffd\\\""},
    {"overlong", "\xC0\xAF", "\\ufffd\\ufffd"},
    {"overlong_of_three", "\xE0\x80\xAF", "\\ufffd\\ufffd\\ufffd"},
    {"surrogate", "\xED\xA0\x80", "\\ufffd\\ufffd\\ufffd"},
    {"beyond_unicode", "\xF4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
    {"no_lead_byte", "\xFF\xFE", "\\ufffd\\ufffd"},
};
class JsonEscapeTest : public testing::TestWithParam<EscapeRow> {};

TEST_P(JsonEscapeTest, makes_any_bytes_the_inside_of_a_json_string) {
  std::string out = "<";
  append_json_escaped(out, GetParam().text);
  EXPECT_EQ(out, "<" + std::string(GetParam().escaped));
}

/// Long texts are read in steps: what has to be escaped may stand anywhere in one.
TEST_P(JsonEscapeTest, at_every_place_of_a_longer_text) {
  for (std::size_t before = 0; before <= 33; ++before) {
    for (std::size_t after = 0; after <= 17; ++after) {
      auto const text = std::string(before, '/') + std::string(GetParam().text) + std::string(after, '~');
      auto const want = std::string(before, '/') + std::string(GetParam().escaped) + std::string(after, '~');
      std::string out;
      append_json_escaped(out, text);
      ASSERT_EQ(out, want);
      std::string room(kMostEscaped * text.size(), '\0');
      room.resize(static_cast<std::size_t>(write_json_escaped(room.data(), text) - room.data()));
      ASSERT_EQ(room, want);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Rows, JsonEscapeTest, testing::ValuesIn(kEscapeRows), kRowName);

}  // namespace
}  // namespace inferway
