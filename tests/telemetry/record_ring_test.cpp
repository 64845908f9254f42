#include "record_ring.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace inferway::telemetry {
namespace {

Record numbered(std::uint64_t number) {
  Record record;
  record.bytes_in = number;
  record.path.assign("/" + std::to_string(number));
  return record;
}

TEST(RecordRing, is_empty_at_first) {
  RecordRing const ring;
  EXPECT_EQ(ring.front(), nullptr);
}

TEST(RecordRing, refuses_what_does_not_fit_and_keeps_what_it_has) {
  RecordRing ring;
  for (std::uint64_t i = 0; i < RecordRing::kCapacity; ++i) ASSERT_TRUE(ring.push(numbered(i)));
  EXPECT_FALSE(ring.push(numbered(99'999)));
  ASSERT_NE(ring.front(), nullptr);
  EXPECT_EQ(ring.front()->bytes_in, 0U);
  ring.pop();
  EXPECT_TRUE(ring.push(numbered(RecordRing::kCapacity)));
  for (std::uint64_t i = 1; i <= RecordRing::kCapacity; ++i, ring.pop()) {
    ASSERT_NE(ring.front(), nullptr);
    EXPECT_EQ(ring.front()->bytes_in, i);
  }
  EXPECT_EQ(ring.front(), nullptr);
}

/// A leak checker sees whether what is left is freed.
TEST(RecordRing, may_end_with_records_in_it) {
  RecordRing ring;
  auto record = numbered(1);
  record.detail.assign("of a failure, and so on the heap");
  ASSERT_TRUE(ring.push(record));
  ASSERT_TRUE(ring.push(record));
  ring.pop();
}

TEST(RecordRing, hands_records_over_in_order_and_whole) {
  RecordRing ring;
  constexpr std::uint64_t kRecords = 50'000;
  std::thread pusher([&] {
    for (std::uint64_t i = 0; i < kRecords;) {
      if (ring.push(numbered(i))) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  for (std::uint64_t i = 0; i < kRecords;) {
    auto const* record = ring.front();
    if (record == nullptr) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(record->bytes_in, i);
    ASSERT_EQ(record->path.view(), "/" + std::to_string(i));
    ring.pop();
    ++i;
  }
  pusher.join();
}

}  // namespace
}  // namespace inferway::telemetry
