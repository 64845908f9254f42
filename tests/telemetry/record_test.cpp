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

TEST_P(ShortTextCut, and_so_does_a_text_that_goes_to_the_heap) {
  EXPECT_EQ((LongText<8, 0>(GetParam().text).view()), GetParam().kept);
  EXPECT_EQ((LongText<8, 4>(GetParam().text).view()), GetParam().kept);
  EXPECT_EQ((LongText<8, 7>(GetParam().text).view()), GetParam().kept);
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

TEST(LongText, copies_its_text) {
  for (std::string_view const from : {"", "abc", "abcd", "abcde", "abcdefgh"}) {
    for (std::string_view const to : {"", "xyz", "vwxyz", "stuvwxyz"}) {
      LongText<8, 4> text(to);
      {
        LongText<8, 4> const first(from);
        LongText<8, 4> second(first);
        EXPECT_EQ(second.view(), from);
        second.assign("another");
        EXPECT_EQ(first.view(), from);
        text = first;
      }
      EXPECT_EQ(text.view(), from);
      auto const& same = text;
      text = same;
      EXPECT_EQ(text.view(), from);
      text.assign(to);
      EXPECT_EQ(text.view(), to);
    }
  }
}

TEST(Record, of_a_usual_request_has_its_texts_in_itself) {
  Record record;
  record.path.assign("/openai/deployments/gpt-4o-mini-2024-07-18/chat/completions");
  record.model.assign("accounts/fireworks/models/llama-v3p1-405b-instruct");
  record.request_id.assign("0b7e5a3c-7d5f-4c53-9e0a-3c8f0f1f6a55");
  auto const* const begin = reinterpret_cast<char const*>(&record);
  for (auto const text : {record.path.view(), record.model.view(), record.request_id.view()}) {
    EXPECT_TRUE(text.data() >= begin && text.data() < begin + sizeof record) << text;
  }
}

}  // namespace
}  // namespace inferway::telemetry
