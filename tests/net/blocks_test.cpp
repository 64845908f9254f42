#include "inferway/net/blocks.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace inferway::net {
namespace {

TEST(BlockPoolTest, gives_the_same_block_again_while_it_is_warm) {
  BlockPool pool;
  auto block = pool.take(100);
  EXPECT_EQ(block.size(), BlockPool::kSmall);
  auto* const first = block.data();
  block.reset();
  EXPECT_EQ(pool.take(1).data(), first);
}

TEST(BlockPoolTest, serves_any_size) {
  BlockPool pool;
  EXPECT_EQ(pool.take(BlockPool::kSmall + 1).size(), BlockPool::kLarge);
  EXPECT_EQ(pool.take(1'000'000).size(), 1'000'000U);
}

TEST(BufferTest, keeps_its_content_when_it_grows_and_when_it_moves) {
  BlockPool pool;
  Buffer buffer(pool);
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    auto const text = std::to_string(i) + ",";
    buffer.append(text);
    expected += text;
    if (i % 7 == 3) {
      buffer.consume(3);
      expected.erase(0, 3);
    }
    ASSERT_EQ(buffer.size(), expected.size());
  }
  EXPECT_EQ(buffer.view(), expected);
}

TEST(BufferTest, pieces_of_every_size_are_copied_whole_with_nothing_around_them) {
  BlockPool pool;
  Buffer buffer(pool);
  std::string expected;
  for (std::size_t size = 0; size <= 40; ++size) {
    // In memory of their own, so that a look beyond them is seen.
    auto const piece = std::vector<char>(size, static_cast<char>('A' + size));
    std::string_view const view(piece.data(), piece.size());
    buffer.append("<", view, std::string_view(), view, "", ">");
    buffer.append(view);
    expected += "<" + std::string(view) + std::string(view) + ">" + std::string(view);
    ASSERT_EQ(buffer.view(), expected) << size;
  }
}

TEST(BufferTest, an_empty_one_takes_and_gives_nothing) {
  BlockPool pool;
  Buffer buffer(pool);
  buffer.append("");
  EXPECT_TRUE(buffer.empty());
  EXPECT_TRUE(buffer.spare().empty());
  buffer.append("x");
  buffer.release();
  EXPECT_TRUE(buffer.spare().empty());
}

TEST(BufferTest, swap_exchanges_contents) {
  BlockPool pool;
  Buffer a(pool);
  Buffer b(pool);
  a.append("one");
  b.append("three");
  a.swap(b);
  EXPECT_EQ(a.view(), "three");
  EXPECT_EQ(b.view(), "one");
}

}  // namespace
}  // namespace inferway::net
