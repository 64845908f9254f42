#include "inferway/net/address.hpp"

#include <gtest/gtest.h>

namespace inferway::net {
namespace {

struct Row {
  char const* name;
  char const* host;
  char const* want;  ///< nullptr: no literal
};
constexpr Row kRows[] = {
    {"v4", "127.0.0.1", "127.0.0.1"},
    {"v6", "::1", "::1"},
    {"v6_long", "2001:db8:0:0:0:0:0:1", "2001:db8::1"},
    {"mapped", "::ffff:10.1.2.3", "10.1.2.3"},
    {"name", "localhost", nullptr},
    {"short_v4", "127.1", nullptr},
    {"bracketed", "[::1]", nullptr},
    {"empty", "", nullptr},
};
class AddressTest : public testing::TestWithParam<Row> {};

TEST_P(AddressTest, takes_literal_addresses_alone) {
  auto const address = Address::literal(GetParam().host, 8080);
  ASSERT_EQ(address.has_value(), GetParam().want != nullptr);
  if (!address) return;
  EXPECT_EQ(address->host_text(), GetParam().want);
  EXPECT_EQ(address->port(), 8080);
}
INSTANTIATE_TEST_SUITE_P(Rows, AddressTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(AddressUnixTest, has_a_path_and_neither_host_nor_port) {
  auto const address = Address::unix_path("/run/x.sock");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->path(), "/run/x.sock");
  EXPECT_EQ(address->host_text(), "unix");
  EXPECT_EQ(address->port(), 0);
  EXPECT_EQ(Address::literal("::1", 1)->path(), "");
}

TEST(AddressUnixTest, takes_what_fits) {
  EXPECT_FALSE(Address::unix_path(""));
  EXPECT_FALSE(Address::unix_path("/" + std::string(107, 'x')));
  auto const longest = "/" + std::string(106, 'x');
  EXPECT_EQ(Address::unix_path(longest)->path(), longest);
}

TEST(AddressUnixTest, of_a_peer_without_a_name_has_no_path) {
  sockaddr const unnamed{.sa_family = AF_UNIX, .sa_data = {}};
  EXPECT_EQ(Address(&unnamed, sizeof unnamed.sa_family).path(), "");
}

struct SameRow {
  char const* name;
  Address a;
  Address b;
  bool want;
};
SameRow const kSame[] = {
    {"v4", Address::literal("127.0.0.1", 1).value(), Address::literal("127.0.0.1", 1).value(), true},
    {"other_port", Address::literal("127.0.0.1", 1).value(), Address::literal("127.0.0.1", 2).value(), false},
    {"other_host", Address::literal("127.0.0.1", 1).value(), Address::literal("127.0.0.2", 1).value(), false},
    {"v6", Address::literal("::1", 1).value(), Address::literal("0:0::1", 1).value(), true},
    {"other_v6", Address::literal("::1", 1).value(), Address::literal("::2", 1).value(), false},
    {"wildcards", Address::literal("0.0.0.0", 1).value(), Address::literal("::", 1).value(), false},
    {"path", Address::unix_path("/a").value(), Address::unix_path("/a").value(), true},
    {"other_path", Address::unix_path("/a").value(), Address::unix_path("/ab").value(), false},
};
class SameTest : public testing::TestWithParam<SameRow> {};
TEST_P(SameTest, is_the_same_place) {
  EXPECT_EQ(GetParam().a == GetParam().b, GetParam().want);
  EXPECT_EQ(GetParam().b == GetParam().a, GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, SameTest, testing::ValuesIn(kSame),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::net
