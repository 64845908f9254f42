#include "inferway/base/wipe_freed.hpp"

#include "inferway/base/secret_memory.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace inferway {
namespace {

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;  // freed memory is the sanitizer's: nobody may look
#else
constexpr bool kSanitized = false;
#endif

constexpr std::string_view kText = "a text that is longer than what strings keep inside themselves";

/// What is left at a place. The first 16 bytes of freed memory are the allocator's own.
std::string left_at(char const* place) {
  std::string out(kText.size() - 16, '\0');
  auto const* const from = reinterpret_cast<char const volatile*>(place) + 16;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = from[i];
  return out;
}

TEST(WipeFreedTest, zeroes_what_strings_leave_behind) {
  if (kSanitized) GTEST_SKIP();
  WipeFreed const wipe;
  auto text = std::make_unique<std::string>(kText);
  char const* const place = text->data();
  text.reset();
  EXPECT_EQ(left_at(place), std::string(kText.size() - 16, '\0'));
}

TEST(WipeFreedTest, zeroes_what_a_growing_block_leaves_behind) {
  if (kSanitized) GTEST_SKIP();
  WipeFreed const wipe;
  auto* const small = static_cast<char*>(std::malloc(kText.size()));
  std::memcpy(small, kText.data(), kText.size());
  auto* const large = static_cast<char*>(realloc_wiping(small, 4096));
  EXPECT_EQ(std::string_view(large, kText.size()), kText);
  EXPECT_EQ(left_at(small), std::string(kText.size() - 16, '\0'));
  free_wiping(large);
}

TEST(WipeFreedTest, realloc_is_the_usual_one_otherwise) {
  auto* memory = static_cast<char*>(realloc_wiping(nullptr, 8));
  ASSERT_NE(memory, nullptr);
  std::memcpy(memory, "1234567", 8);
  memory = static_cast<char*>(realloc_wiping(memory, 8000));
  EXPECT_STREQ(memory, "1234567");
  free_wiping(memory);
  free_wiping(nullptr);
}

/// The flags of the mapping that an address lies in, as the kernel tells them.
std::string flags_at(void const* memory) {
  std::ifstream file("/proc/self/smaps");
  auto const wanted = reinterpret_cast<std::uintptr_t>(memory);
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char dash = 0;
    std::istringstream range(line);
    if (range >> std::hex >> begin >> dash >> end && dash == '-') inside = begin <= wanted && wanted < end;
    if (inside && line.starts_with("VmFlags:")) return line + " ";
  }
  return {};
}

TEST(SecretMemoryTest, is_left_out_of_dumps) {
  for (std::size_t const bytes : {1U, 40U, 5000U, 300'000U, 9'000'000U}) {
    std::vector<char, SecretAllocator<char>> const memory(bytes);
    auto const flags = flags_at(memory.data());
    EXPECT_NE(flags.find(" dd "), std::string::npos) << bytes << ": " << flags;
    EXPECT_EQ(flags_at(memory.data() + bytes - 1), flags);
  }
}

TEST(SecretMemoryTest, is_zeroed_when_given_back) {
  auto* const memory = static_cast<char*>(take_secret_memory(kText.size(), 1));
  std::memcpy(memory, kText.data(), kText.size());
  give_back_secret_memory(memory, kText.size(), 1);
  EXPECT_EQ(left_at(memory), std::string(kText.size() - 16, '\0'));  // its pages stay mapped, for the next one
}

TEST(SecretMemoryTest, serves_several_threads) {
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      for (std::size_t size = 1; size < 2000; ++size) {
        std::vector<char, SecretAllocator<char>> const memory(size, static_cast<char>(i));
        ASSERT_EQ(memory.back(), static_cast<char>(i));
      }
    });
  }
}

}  // namespace
}  // namespace inferway
