#include "word_search.hpp"

#include "splits.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace inferway::http {
namespace {

TEST(WordSearchTest, finds_a_word_wherever_it_stands) {
  for (std::size_t size = 0; size < 70; ++size) {
    for (std::size_t at = 0; at <= size; ++at) {
      auto text = copy(std::string(size, '"'));
      text.insert(text.begin() + static_cast<std::ptrdiff_t>(at), {'"', 'e', 'n', 'd', '"'});
      EXPECT_TRUE(contains(view(text), "\"end\"")) << size << ' ' << at;
      EXPECT_FALSE(contains(view(text), "\"end \"")) << size << ' ' << at;
      text[at + 4] = 'x';
      EXPECT_FALSE(contains(view(text), "\"end\"")) << size << ' ' << at;
    }
  }
}

TEST(WordSearchTest, finds_no_word_that_is_cut) {
  std::string const text = std::string(40, 'x') + "\"end\"";
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(contains(view(copy(text.substr(0, size))), "\"end\"")) << size;
  }
}

TEST(WordSearchTest, agrees_with_a_plain_search_on_random_text) {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto left = random() % 50; left > 0; --left) text += "abab\xE9"[random() % 5];
    for (std::string_view const word : {"ab", "aab", "babab", "\xE9\xE9"}) {
      ASSERT_EQ(contains(view(copy(text)), word), text.find(word) != std::string::npos) << text << ' ' << word;
    }
  }
}

}  // namespace
}  // namespace inferway::http
