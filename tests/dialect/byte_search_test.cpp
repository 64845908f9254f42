#include "byte_search.hpp"

#include <gtest/gtest.h>

#include <string>

namespace inferway::dialect {
namespace {

/// Fills more than two blocks of 16 bytes, so that each way through the search is taken.
constexpr std::size_t kLongest = 40;

TEST(ByteSearchTest, stops_at_either_byte_wherever_it_stands) {
  for (std::size_t size = 0; size <= kLongest; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (unsigned byte = 0; byte < 256; ++byte) {
        std::string text(size, 'x');
        text[at] = static_cast<char>(byte);
        bool const line_break = byte == '\r' || byte == '\n';
        ASSERT_EQ(bytes_before_either(text, '\r', '\n'), line_break ? at : size) << size << ' ' << at << ' ' << byte;
      }
    }
  }
}

TEST(ByteSearchTest, stops_at_the_first_of_several) {
  std::string const text = std::string(20, 'x') + "\n\r";
  EXPECT_EQ(bytes_before_either(text, '\r', '\n'), 20U);
  EXPECT_EQ(bytes_before_either(text, '\r', 'x'), 0U);
}

TEST(ByteSearchTest, finds_nothing_in_nothing) { EXPECT_EQ(bytes_before_either({}, 'a', 'b'), 0U); }

}  // namespace
}  // namespace inferway::dialect
