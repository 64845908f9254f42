#include "json_text.hpp"

#include "http/splits.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace inferway::dialect {
namespace {

struct TextRow {
  char const* name;
  std::string_view text;
  std::size_t want;
};
constexpr TextRow kStringRows[] = {
    {"nothing", "", 0},
    {"plain", "abc", 3},
    {"quote", "ab\"c", 2},
    {"control",
     "ab\x1F"
     "c",
     2},
    {"delete_is_no_control",
     "a\x7F"
     "b",
     3},
    {"beyond_ascii", "\xC3\xA9\xFF", 3},
    {"escapes", R"(\"\\\/\b\f\n\r\t\u00aF"x)", 22},
    {"unknown_escape", R"(ab\a)", 2},
    {"escape_without_digits", R"(ab\u12g4)", 2},
    {"cut_behind_the_backslash", R"(ab\)", 2},
    {"cut_in_the_digits", R"(ab\u123)", 2},
};
class StringBytesTest : public testing::TestWithParam<TextRow> {};

TEST_P(StringBytesTest, counts_to_the_first_byte_that_is_not_inside) {
  EXPECT_EQ(string_bytes(GetParam().text), GetParam().want);
}

/// Behind 1 to 140 plain bytes, and with many behind it, so that it stands everywhere in a block and across two.
TEST_P(StringBytesTest, counts_alike_wherever_it_stands) {
  auto const& row = GetParam();
  // What ends the string where nothing in the row does; else a byte that completes no escape.
  std::string const behind = (row.want == row.text.size() ? '"' : '!') + std::string(80, 'y');
  for (std::size_t before = 1; before <= 140; ++before) {
    auto const text = std::string(before, 'x') + std::string(row.text);
    EXPECT_EQ(string_bytes(text), before + row.want) << before;
    EXPECT_EQ(string_bytes(text + behind), before + row.want) << before;
  }
}
INSTANTIATE_TEST_SUITE_P(Rows, StringBytesTest, testing::ValuesIn(kStringRows), kRowName);

/// What string_bytes() does, byte by byte.
std::size_t string_bytes_plainly(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && text[at] != '"' && static_cast<unsigned char>(text[at]) >= 0x20) {
    std::size_t size = 1;
    if (text[at] == '\\') {
      auto const rest = text.substr(at + 1);
      if (!rest.empty() && std::string_view("\"\\/bfnrt").find(rest[0]) != std::string_view::npos) size = 2;
      bool const four_digits = rest.find_first_not_of("0123456789abcdefABCDEF", 1) >= 5;
      if (rest.starts_with('u') && rest.size() >= 5 && four_digits) size = 6;
      if (size == 1) return at;
    }
    at += size;
  }
  return at;
}

TEST(StringBytesTest, agrees_with_a_plain_reading_on_random_text) {
  static constexpr std::string_view kParts[] = {"\\",
                                                "\\",
                                                "\\\"",
                                                "\\n",
                                                "\\\\",
                                                "\\u00e9",
                                                "\"",
                                                "u",
                                                "n",
                                                "\n",
                                                "a",
                                                "text",
                                                "text of more than 16 bytes",
                                                "\xC3\xA9"};
  std::mt19937 random(1);
  for (int round = 0; round < 100'000; ++round) {
    std::string text;
    // Escapes are frequent, what ends a string seldom: most texts go on over several blocks.
    for (auto left = random() % 60; left > 0; --left) {
      auto const drawn = random() % 64;
      text += drawn < std::size(kParts) ? kParts[drawn] : drawn < 40 ? kParts[2 + drawn % 4] : kParts[10 + drawn % 4];
    }
    ASSERT_EQ(string_bytes(text), string_bytes_plainly(text)) << text;
    auto const at = random() % (text.size() + 1);
    ASSERT_EQ(string_end(text, at), at + string_bytes_plainly(std::string_view(text).substr(at))) << text << at;
  }
}

TEST(StringBytesTest, knows_which_bytes_may_stand_behind_a_backslash_wherever_that_is) {
  for (std::size_t before = 0; before < 140; ++before) {
    for (int byte = 0; byte < 256; ++byte) {
      auto const text = std::string(before, 'x') + '\\' + static_cast<char>(byte) + std::string(70, 'x');
      ASSERT_EQ(string_bytes(text), string_bytes_plainly(text)) << before << ' ' << byte;
    }
  }
}

constexpr TextRow kFillerRows[] = {
    {"nothing", "", 0},
    {"scalars", "-1.5e+3,true :null", 18},
    {"white_space", " \t\r\n", 4},
    {"quote", ",\"", 1},
    {"opened", ":{", 1},
    {"closed", "1]", 1},
    {"comment", "1/**/", 1},
    {"hash", "#", 0},
    {"single_quote", "'", 0},
    {"other_space", "\v", 0},
    {"beyond_ascii", "\xC2\xA0", 0},
    {"underscore", "_", 0},
};
class FillerBytesTest : public testing::TestWithParam<TextRow> {};

TEST_P(FillerBytesTest, counts_what_stands_between_strings_and_brackets) {
  EXPECT_EQ(filler_bytes(GetParam().text), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, FillerBytesTest, testing::ValuesIn(kFillerRows), kRowName);

}  // namespace
}  // namespace inferway::dialect
