#include "tls_ticket_keys.hpp"

#include <gtest/gtest.h>

namespace inferway::net {
namespace {

constexpr TimePoint kStart{std::chrono::hours(1000)};
constexpr Duration kLife = TlsTicketKeys::kLife;
constexpr Duration kMoment = std::chrono::seconds(1);

TEST(TlsTicketKeysTest, tickets_are_read_with_the_key_that_made_them) {
  TlsTicketKeys keys;
  auto const key = keys.current(kStart);
  auto const found = keys.find(key.name.data(), kStart + kLife - kMoment);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->fresh);
  EXPECT_EQ(found->key.cipher, key.cipher);
  EXPECT_EQ(found->key.mac, key.mac);
}

TEST(TlsTicketKeysTest, a_key_is_replaced_after_its_life_and_read_for_another) {
  TlsTicketKeys keys;
  auto const old = keys.current(kStart);
  auto const key = keys.current(kStart + kLife);
  EXPECT_NE(key.name, old.name);
  EXPECT_NE(key.cipher, old.cipher);
  auto const found = keys.find(old.name.data(), kStart + 2 * kLife - kMoment);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->fresh);
  EXPECT_EQ(found->key.cipher, old.cipher);
  EXPECT_FALSE(keys.find(old.name.data(), kStart + 2 * kLife));
}

TEST(TlsTicketKeysTest, after_a_long_rest_no_earlier_key_is_read) {
  TlsTicketKeys keys;
  auto const old = keys.current(kStart);
  EXPECT_FALSE(keys.find(old.name.data(), kStart + 2 * kLife));
}

TEST(TlsTicketKeysTest, a_name_of_somebody_else_is_not_found) {
  TlsTicketKeys keys;
  auto name = keys.current(kStart).name;
  name[0] ^= 1;
  EXPECT_FALSE(keys.find(name.data(), kStart));
}

}  // namespace
}  // namespace inferway::net
