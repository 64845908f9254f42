#include "by_text.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace inferway::routing {
namespace {

TEST(TextHashTest, tells_texts_apart_by_each_byte_and_by_their_size) {
  std::set<std::uint64_t> hashes;
  std::size_t texts = 0;
  for (std::size_t size = 0; size <= 40; ++size) {
    std::string const text(size, 'a');
    hashes.insert(hash_of(text));
    ++texts;
    for (std::size_t at = 0; at < size; ++at) {
      auto other = text;
      other[at] = 'b';
      hashes.insert(hash_of(other));
      ++texts;
    }
  }
  EXPECT_EQ(hashes.size(), texts);
}

TEST(TextHashTest, is_the_same_wherever_the_text_stands) {
  std::string const text = "/v1/chat/completions";
  for (std::size_t before = 0; before < 16; ++before) {
    auto const longer = std::string(before, 'x') + text + 'y';
    EXPECT_EQ(hash_of(std::string_view(longer).substr(before, text.size())), hash_of(text));
  }
}

TEST(TextHashTest, spreads_names_that_differ_in_a_number) {
  std::set<std::uint64_t> buckets;
  for (int i = 0; i < 10'000; ++i) buckets.insert(hash_of("model-" + std::to_string(i)) % 10'007);
  EXPECT_GT(buckets.size(), 5'500U);  // by chance alone it would be 6,320
}

}  // namespace
}  // namespace inferway::routing
