#include "event_line.hpp"

#include "splits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace inferway::http {
namespace {

constexpr std::string_view kError = "\"error\"";

/// The same, as simply as it can be said.
EventLine plain_event_line(std::string_view text) {
  auto const end = text.find_first_of("\n\r");
  return {.bytes = end, .names_error = text.substr(0, end).contains(kError)};
}

void expect_agreement(std::string const& text) {
  auto const own = copy(text);  // with no byte behind it that may be read
  auto const found = event_line(view(own));
  auto const expected = plain_event_line(text);
  ASSERT_EQ(found.bytes, expected.bytes) << text;
  ASSERT_EQ(found.names_error, expected.names_error) << text;
}

TEST(EventLineTest, finds_the_end_wherever_it_stands) {
  for (char const end : {'\n', '\r'}) {
    for (std::size_t size = 0; size < 120; ++size) {
      for (std::size_t at = 0; at <= size; ++at) {
        auto text = std::string(size, '\t');  // a control that ends nothing
        text.insert(at, 1, end);
        expect_agreement(text);
      }
    }
  }
}

TEST(EventLineTest, finds_an_error_before_the_end_alone) {
  for (std::size_t size = 0; size < 110; ++size) {
    for (std::size_t at = 0; at <= size; ++at) {
      auto text = std::string(size, '"');
      text.insert(at, kError);
      expect_agreement(text);
      expect_agreement(text + '\n' + text);
      expect_agreement(std::string(at, 'x') + '\r' + text);
      text[at + kError.size() - 1] = '\n';  // an end within the word
      expect_agreement(text);
    }
  }
}

TEST(EventLineTest, agrees_with_a_plain_search_on_random_text) {
  std::mt19937 random(11);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto left = random() % 90; left > 0; --left) {
      auto const pick = random() % 40;
      text += pick == 0 ? "\n" : pick == 1 ? "\r" : pick < 6 ? kError : pick < 9 ? "\"e" : "x";
    }
    expect_agreement(text);
  }
}

}  // namespace
}  // namespace inferway::http
