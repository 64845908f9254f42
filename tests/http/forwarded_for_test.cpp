#include "inferway/http/forwarded_for.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace inferway::http {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

struct Row {
  char const* name;
  std::string_view fields;
  std::string_view want;  ///< "": nothing
};
/// The peer is 10.0.0.1; 10.0.0.0/8 and 2001:db8:aaaa::/48 are trusted.
constexpr Row kRows[] = {
    {"missing", "", ""},
    {"one", "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
    {"any_case", "x-forwarded-FOR: 192.0.2.1\r\n", "192.0.2.1"},
    {"what_stands_before_the_client_is_its_own_word", "X-Forwarded-For: 203.0.113.9, 192.0.2.1\r\n", "192.0.2.1"},
    {"a_trusted_address_claimed_by_a_client", "X-Forwarded-For: 10.9.9.9, 192.0.2.1\r\n", "192.0.2.1"},
    {"trusted_ones_are_skipped", "X-Forwarded-For: 192.0.2.1, 10.0.0.3, 10.0.0.2\r\n", "192.0.2.1"},
    {"lie_before_trusted_ones", "X-Forwarded-For: 1.2.3.4, 192.0.2.1, 10.0.0.2\r\n", "192.0.2.1"},
    {"all_are_trusted", "X-Forwarded-For: 10.0.0.3, 10.0.0.2\r\n", "10.0.0.3"},
    {"several_fields_are_one_list", "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 10.0.0.2\r\n", "192.0.2.1"},
    {"the_last_field_counts", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
    {"empty_elements", "X-Forwarded-For: 192.0.2.1,, ,\r\n", "192.0.2.1"},
    {"no_blank", "X-Forwarded-For: 1.2.3.4,192.0.2.1\r\n", "192.0.2.1"},
    {"blanks_and_tabs", "X-Forwarded-For: 1.2.3.4 ,\t192.0.2.1\t \r\n", "192.0.2.1"},
    {"v6", "X-Forwarded-For: 2001:db8::7\r\n", "2001:db8::7"},
    {"v6_in_brackets", "X-Forwarded-For: [2001:db8::7]\r\n", "2001:db8::7"},
    {"v6_with_port", "X-Forwarded-For: [2001:db8::7]:4711\r\n", "2001:db8::7"},
    {"v4_with_port", "X-Forwarded-For: 192.0.2.1:4711\r\n", "192.0.2.1"},
    {"mapped", "X-Forwarded-For: ::ffff:192.0.2.1\r\n", "192.0.2.1"},
    {"mapped_and_trusted", "X-Forwarded-For: 192.0.2.1, ::ffff:10.0.0.2\r\n", "192.0.2.1"},
    {"trusted_v6", "X-Forwarded-For: 192.0.2.1, 2001:db8:aaaa::1\r\n", "192.0.2.1"},
    {"unknown_ends_the_search", "X-Forwarded-For: 192.0.2.1, unknown, 10.0.0.2\r\n", "10.0.0.2"},
    {"unknown_from_the_peer", "X-Forwarded-For: 192.0.2.1, unknown\r\n", "10.0.0.1"},
    {"nonsense", "X-Forwarded-For: 1.2.3\r\n", "10.0.0.1"},
    {"brackets_without_end", "X-Forwarded-For: [2001:db8::7\r\n", "10.0.0.1"},
    {"v4_in_brackets", "X-Forwarded-For: [192.0.2.1]\r\n", "10.0.0.1"},
    {"rubbish_behind_brackets", "X-Forwarded-For: [2001:db8::7]x\r\n", "10.0.0.1"},
    {"empty", "X-Forwarded-For:\r\n", "10.0.0.1"},
    {"another_field", "Forwarded: for=192.0.2.1\r\n", ""},
};
class ForwardedForTest : public testing::TestWithParam<Row> {};

TEST_P(ForwardedForTest, client_is_the_last_that_is_no_trusted_proxy) {
  auto const text = "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(GetParam().fields) + "\r\n";
  RequestHead head;
  ASSERT_TRUE(head.parse(text, HeadLimits()));
  std::array<IpNetwork, 2> const trusted{{{ip("10.0.0.0"), 8}, {ip("2001:db8:aaaa::"), 48}}};
  auto const client = forwarded_client(head, ip("10.0.0.1"), IpSet(trusted));
  EXPECT_EQ(client ? to_string(*client) : "", GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, ForwardedForTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::http
