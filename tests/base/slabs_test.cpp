#include "inferway/base/slabs.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <set>
#include <vector>

namespace inferway {
namespace {

constexpr std::size_t kBlock = 16 * 1024;
constexpr std::size_t kSlab = 64 * kBlock;

TEST(SlabsTest, the_block_that_came_back_last_is_given_first) {
  Slabs slabs(kBlock);
  auto* const first = slabs.take();
  auto* const second = slabs.take();
  slabs.give_back(first);
  slabs.give_back(second);
  EXPECT_EQ(slabs.take(), second);
  EXPECT_EQ(slabs.take(), first);
  slabs.give_back(first);
  slabs.give_back(second);
}

TEST(SlabsTest, a_burst_goes_back_to_the_system_but_for_a_few_slabs) {
  Slabs slabs(kBlock);
  std::vector<char*> blocks(1000);
  std::ranges::generate(blocks, [&] { return slabs.take(); });
  EXPECT_EQ(slabs.mapped_bytes(), 16 * kSlab);  // 1,000 blocks, 63 a slab
  for (auto* const block : blocks) slabs.give_back(block);
  EXPECT_EQ(slabs.mapped_bytes(), Slabs::kKeptIdle * kSlab);
}

TEST(SlabsTest, a_slab_with_one_block_in_use_stays) {
  Slabs slabs(kBlock);
  std::vector<char*> blocks(1000);
  std::ranges::generate(blocks, [&] { return slabs.take(); });
  auto* const kept = blocks[500];
  std::memset(kept, 'x', kBlock);
  for (auto* const block : blocks) {
    if (block != kept) slabs.give_back(block);
  }
  EXPECT_EQ(slabs.mapped_bytes(), (Slabs::kKeptIdle + 1) * kSlab);
  EXPECT_EQ(kept[kBlock - 1], 'x');
  slabs.give_back(kept);
}

TEST(SlabsTest, blocks_of_any_size_stand_apart) {
  for (auto const bytes : {std::size_t{1}, std::size_t{64}, std::size_t{960}, std::size_t{1500}}) {
    Slabs slabs(bytes);
    std::vector<char*> blocks(200);
    std::ranges::generate(blocks, [&] { return slabs.take(); });
    for (auto* const block : blocks) std::memset(block, 'x', bytes);
    std::ranges::sort(blocks);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(blocks[i]) % alignof(std::max_align_t), 0U);
      if (i > 0) {
        EXPECT_GE(blocks[i], blocks[i - 1] + bytes);
      }
    }
    for (auto* const block : blocks) slabs.give_back(block);
    EXPECT_LE(slabs.mapped_bytes(), Slabs::kKeptIdle * 128 * std::max(bytes, std::size_t{64}));
  }
}

/// Every block in use bears its own pattern from end to end, whatever is taken and given back around it.
TEST(SlabsTest, blocks_never_overlap) {
  Slabs slabs(kBlock);
  std::mt19937 random(7);
  std::vector<char*> in_use;
  std::set<char*> known;
  for (int i = 0; i < 5000; ++i) {
    if (in_use.empty() || (random() % 100 < 55 && in_use.size() < 300)) {
      auto* const block = slabs.take();
      ASSERT_TRUE(known.insert(block).second);
      std::memset(block, static_cast<int>(reinterpret_cast<std::uintptr_t>(block) >> 14U & 0xFFU), kBlock);
      in_use.push_back(block);
    } else {
      std::swap(in_use[random() % in_use.size()], in_use.back());
      auto* const block = in_use.back();
      auto const mark = static_cast<char>(reinterpret_cast<std::uintptr_t>(block) >> 14U & 0xFFU);
      ASSERT_EQ(block[0], mark);
      ASSERT_EQ(block[kBlock - 1], mark);
      in_use.pop_back();
      known.erase(block);
      slabs.give_back(block);
    }
  }
  for (auto* const block : in_use) slabs.give_back(block);
}

}  // namespace
}  // namespace inferway
