#include "made_up.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

namespace inferway::mock {
namespace {

TEST(MadeUpText, is_the_same_everywhere) {
  EXPECT_EQ(mix(0, std::uint64_t{0}), 0xE220A8397B1DCDAFULL);
  EXPECT_EQ(hex(0xE220A8397B1DCDAFULL), "e220a8397b1dcdaf");
  EXPECT_EQ(mix(1, "text"), mix(1, "text"));
  EXPECT_NE(mix(1, "text"), mix(2, "text"));
  EXPECT_NE(mix(1, "text"), mix(1, "texu"));
}

TEST(MadeUpText, is_its_tokens_in_a_row) {
  MadeUpText const text(42);
  std::string whole;
  for (std::uint64_t i = 0; i < 50; ++i) whole += text.token(i);
  EXPECT_EQ(text.text(50), whole);
  EXPECT_EQ(text.text(0), "");
  EXPECT_EQ(count_words(whole), 50U);
}

TEST(MadeUpText, differs_from_prompt_to_prompt) {
  std::set<std::string> texts;
  for (std::uint64_t state = 0; state < 100; ++state) texts.insert(MadeUpText(mix(0, state)).text(8));
  EXPECT_EQ(texts.size(), 100U);
}

TEST(MadeUpEmbedding, has_its_dimensions_and_the_length_one) {
  for (std::size_t const dimensions : {1U, 3U, 1536U}) {
    auto const vector = made_up_embedding(7, dimensions);
    ASSERT_EQ(vector.size(), dimensions);
    EXPECT_NEAR(std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0F), 1.0, 1e-3);
  }
}

TEST(CountWords, splits_at_white_space) {
  EXPECT_EQ(count_words(""), 0U);
  EXPECT_EQ(count_words(" \n\t "), 0U);
  EXPECT_EQ(count_words(" one two\nthree\r\n"), 3U);
}

}  // namespace
}  // namespace inferway::mock
