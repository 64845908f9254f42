#include "inferway/telemetry/record.hpp"

#include <gtest/gtest.h>

namespace inferway::telemetry {
namespace {

struct Cut {
  char const* name;
  std::string_view text;
  std::string_view kept;
};

class ShortTextCut : public testing::TestWithParam<Cut> {};

TEST_P(ShortTextCut, keeps_whole_characters_that_fit) {
  EXPECT_EQ(ShortText<8>(GetParam().text).view(), GetParam().kept);
}

INSTANTIATE_TEST_SUITE_P(Texts, ShortTextCut,
                         testing::Values(Cut{"empty", "", ""}, Cut{"short", "abc", "abc"},
                                         Cut{"exact", "abcdefgh", "abcdefgh"},
                                         Cut{"one_too_many", "abcdefghi", "abcdefgh"},
                                         Cut{"two_byte_character_on_the_edge", "abcdefg\xC3\xA4", "abcdefg"},
                                         Cut{"four_byte_character_on_the_edge", "abcdef\xF0\x9F\x98\x80", "abcdef"},
                                         Cut{"character_that_just_fits", "abcdef\xC3\xA4x", "abcdef\xC3\xA4"}),
                         [](auto const& row) { return row.param.name; });

TEST(ShortText, copies_its_text) {
  ShortText<8> const first("abc");
  ShortText<8> second(first);
  EXPECT_EQ(second.view(), "abc");
  second = ShortText<8>("de");
  EXPECT_EQ(second.view(), "de");
  auto const& same = second;
  second = same;
  EXPECT_EQ(second.view(), "de");
}

}  // namespace
}  // namespace inferway::telemetry
