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

}  // namespace
}  // namespace inferway::net
