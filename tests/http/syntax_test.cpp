#include "inferway/http/head.hpp"
#include "splits.hpp"

#include <gtest/gtest.h>

namespace inferway::http {
namespace {

TEST(TokenTest, holds_what_rfc_9110_section_5_6_2_lists) {
  EXPECT_TRUE(is_token("!#$%&'*+-.^_`|~09azAZ"));
  EXPECT_FALSE(is_token(""));
  for (char const c : std::string_view(" \t\r\n\0\x7f\"(),/:;<=>?@[\\]{}\x80\xff", 25)) {
    EXPECT_FALSE(is_token(std::string("a") + c)) << static_cast<int>(c);
  }
}

TEST(FieldValueTest, holds_no_control_but_the_tab) {
  for (int c = 0; c < 256; ++c) {
    bool const control = c < 0x20 || c == 0x7F;
    auto const text = "a" + std::string(1, static_cast<char>(c)) + "b";
    EXPECT_EQ(is_field_value(text), !control || c == '\t') << c;
  }
  EXPECT_TRUE(is_field_value(""));
}

struct AuthorityRow {
  char const* name;
  std::string_view text;
  bool good;
};
constexpr AuthorityRow kAuthorityRows[] = {
    {"name", "api.example.com", true},
    {"name_with_port", "localhost:8080", true},
    {"underscore", "my_service", true},
    {"percent_encoded", "a%2Db", true},
    {"sub_delims", "a!$&'()*+,;=b", true},  // RFC 3986 section 3.2.2 lets a reg-name hold them
    {"ipv4", "127.0.0.1:80", true},
    {"ipv6", "[::1]", true},
    {"ipv6_any", "[::]:8080", true},
    {"ipv6_full", "[2001:db8:0:1:2:3:4:5]:443", true},
    {"ipv6_gap_at_end", "[fe80::]", true},
    {"ipv6_gap_inside", "[2001:db8::7]", true},
    {"ipv6_with_ipv4", "[::ffff:192.0.2.1]", true},
    {"largest_port", "h:65535", true},
    {"empty", "", false},
    {"port_alone", ":80", false},
    {"empty_port", "h:", false},
    {"port_too_large", "h:65536", false},
    {"port_too_long", "h:000080", false},
    {"port_no_number", "h:8a", false},
    {"port_signed", "h:+80", false},
    {"two_ports", "h:80:80", false},
    {"userinfo", "user@h", false},
    {"userinfo_with_password", "u:p@h", false},
    {"space", "a b", false},
    {"slash", "a/b", false},
    {"backslash", "a\\b", false},
    {"question_mark", "a?b", false},
    {"fragment", "a#b", false},
    {"quote", "a\"b", false},
    {"obs_text", "h\xC3\xB6st", false},
    {"broken_percent", "a%2", false},
    {"percent_no_hex", "a%2g", false},
    {"ipv6_open", "[::1", false},
    {"ipv6_behind", "[::1]x", false},
    {"ipv6_bare", "::1", false},
    {"ipv6_empty", "[]", false},
    {"ipv6_seven_groups", "[1:2:3:4:5:6:7]", false},
    {"ipv6_nine_groups", "[1:2:3:4:5:6:7:8:9]", false},
    {"ipv6_gap_for_nothing", "[1:2:3:4:5:6:7:8::]", false},
    {"ipv6_two_gaps", "[1::2::3]", false},
    {"ipv6_three_colons", "[:::1]", false},
    {"ipv6_ends_in_colon", "[1:2:3:4:5:6:7:8:]", false},
    {"ipv6_begins_with_colon", "[:1:2:3:4:5:6:7:8]", false},
    {"ipv6_long_group", "[12345::]", false},
    {"ipv6_no_hex", "[g::]", false},
    {"ipv6_zone", "[fe80::1%25eth0]", false},
    {"ipv6_ipv4_not_last", "[::1.2.3.4:1]", false},
    {"ipv6_ipv4_short", "[::1.2.3]", false},
    {"ipv6_ipv4_long", "[::1.2.3.4.5]", false},
    {"ipv6_ipv4_leading_zero", "[::1.2.3.04]", false},
    {"ipv6_ipv4_too_large", "[::1.2.3.256]", false},
    {"ipv6_too_many_with_ipv4", "[1:2:3:4:5:6:7:1.2.3.4]", false},
};
class AuthorityTest : public testing::TestWithParam<AuthorityRow> {};

TEST_P(AuthorityTest, is_host_and_port_and_nothing_else) {
  auto const text = copy(GetParam().text);
  EXPECT_EQ(is_authority(view(text)), GetParam().good);
}
INSTANTIATE_TEST_SUITE_P(Rows, AuthorityTest, testing::ValuesIn(kAuthorityRows), kRowName);

}  // namespace
}  // namespace inferway::http
