#include "inferway/server/client_table.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace inferway::server {
namespace {

constexpr std::uint32_t kNoLimit = 0xFFFFFFFF;

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

/// An address of its own for each number.
IpAddress numbered(std::uint32_t number) {
  std::array<std::uint8_t, 4> const bytes{10, static_cast<std::uint8_t>(number >> 16),
                                          static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
  return IpAddress::v4(bytes);
}

TEST(ClientTableTest, lets_in_as_many_connections_as_it_is_told) {
  ClientTable table;
  auto first = table.connect(ip("192.0.2.1"), 2);
  auto second = table.connect(ip("192.0.2.1"), 2);
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(table.connect(ip("192.0.2.1"), 2));
  EXPECT_TRUE(table.connect(ip("192.0.2.2"), 2));
  second.reset();
  EXPECT_TRUE(table.connect(ip("192.0.2.1"), 2));
}

TEST(ClientTableTest, a_place_that_moves_is_counted_once) {
  ClientTable table;
  ClientTable::Place place;
  EXPECT_FALSE(place);
  {
    auto first = table.connect(ip("192.0.2.1"), 1);
    place = std::move(*first);
  }
  EXPECT_TRUE(place);
  EXPECT_FALSE(table.connect(ip("192.0.2.1"), 1));
  place = {};
  EXPECT_TRUE(table.connect(ip("192.0.2.1"), 1));
  EXPECT_EQ(table.size(), 0U);
}

TEST(ClientTableTest, requests_by_way_of_a_proxy_are_no_connections) {
  ClientTable table;
  auto const asked = table.find(ip("192.0.2.1"));
  EXPECT_TRUE(table.connect(ip("192.0.2.1"), 1));
}

TEST(ClientTableTest, an_ipv6_client_is_its_64) {
  ClientTable table;
  auto const held = table.connect(ip("2001:db8:1:2::1"), 1);
  EXPECT_FALSE(table.connect(ip("2001:db8:1:2:ffff::9"), 1));
  EXPECT_TRUE(table.connect(ip("2001:db8:1:3::1"), 1));
  auto const v4 = table.connect(ip("::ffff:192.0.2.1"), 1);
  EXPECT_FALSE(table.connect(ip("192.0.2.1"), 1));
  EXPECT_TRUE(table.connect(ip("192.0.2.2"), 1));
}

TEST(ClientTableTest, who_has_made_requests_is_remembered_until_all_tokens_are_back) {
  ClientTable table;
  policy::RateRule const once(1);
  auto const now = Clock::now();
  EXPECT_FALSE(once.take(table.find(ip("192.0.2.1")).rate(), now));
  EXPECT_EQ(table.size(), 1U);
  EXPECT_TRUE(once.take(table.find(ip("192.0.2.1")).rate(), now));
  EXPECT_TRUE(once.take(table.connect(ip("192.0.2.1"), kNoLimit)->rate(), now));
  // A token that was taken long ago is back by now.
  EXPECT_FALSE(once.take(table.find(ip("192.0.2.2")).rate(), now - std::chrono::hours(1)));
  EXPECT_EQ(table.size(), 1U);
}

TEST(ClientTableTest, of_those_that_have_left_so_many_are_remembered) {
  ClientTable table;
  policy::RateRule const once(1);
  auto const now = Clock::now();
  auto const held = table.connect(numbered(0), kNoLimit);
  EXPECT_FALSE(once.take(held->rate(), now));
  for (std::uint32_t i = 1; i < 2 * ClientTable::kRemembered; ++i) {
    EXPECT_FALSE(once.take(table.find(numbered(i)).rate(), now));
  }
  EXPECT_LE(table.size(), ClientTable::kRemembered + 1);
  EXPECT_GE(table.size(), ClientTable::kRemembered / 2);
  EXPECT_TRUE(once.take(table.find(numbered(0)).rate(), now)) << "who has a connection is not forgotten";
  EXPECT_TRUE(once.take(table.find(numbered(2 * ClientTable::kRemembered - 1)).rate(), now)) << "nor the last one";
  EXPECT_FALSE(once.take(table.find(numbered(1)).rate(), now)) << "the first one is";
}

TEST(ClientTableTest, counts_exactly_over_all_threads) {
  ClientTable table;
  constexpr std::uint32_t kMost = 10;
  std::atomic<std::uint32_t> inside{0};
  std::atomic<std::uint32_t> most{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        std::vector<ClientTable::Place> places;
        while (auto place = table.connect(ip("192.0.2.1"), kMost)) {
          auto const now = ++inside;
          auto known = most.load();
          while (now > known && !most.compare_exchange_weak(known, now)) {
          }
          places.push_back(std::move(*place));
        }
        inside -= static_cast<std::uint32_t>(places.size());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(most, kMost);
  EXPECT_EQ(table.size(), 0U);
}

}  // namespace
}  // namespace inferway::server
