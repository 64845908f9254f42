#include "address.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

struct ListenRow {
  char const* name;
  std::string_view text;
  std::string_view want;  ///< as to_string() has it; "": refused
};
constexpr ListenRow kListens[] = {
    {"ipv4", "0.0.0.0:8080", "0.0.0.0:8080"},
    {"ipv6", "[::]:8080", "[::]:8080"},
    {"ipv6_made_canonical", "[0:0:0:0:0:0:0:1]:1", "[::1]:1"},
    {"port_zero", "127.0.0.1:0", "127.0.0.1:0"},
    {"largest_port", "127.0.0.1:65535", "127.0.0.1:65535"},
    {"unix", "unix:/run/inferway.sock", "unix:/run/inferway.sock"},
    {"port_too_large", "127.0.0.1:65536", ""},
    {"padded_port", "127.0.0.1:080", ""},
    {"no_port", "127.0.0.1", ""},
    {"empty_port", "127.0.0.1:", ""},
    {"no_host", ":8080", ""},
    {"port_alone", "8080", ""},
    {"star", "*:8080", ""},
    {"name", "localhost:8080", ""},
    {"ipv6_without_brackets", "::1:8080", ""},
    {"ipv4_in_brackets", "[127.0.0.1]:80", ""},
    {"open_bracket", "[::1:80", ""},
    {"junk_behind_bracket", "[::1]x:80", ""},
    {"short_ipv4", "127.1:80", ""},
    {"octal_ipv4", "010.0.0.1:80", ""},
    {"zone", "[fe80::1%eth0]:80", ""},
    {"scheme", "http://0.0.0.0:80", ""},
    {"relative_unix", "unix:run/x", ""},
    {"unix_directory", "unix:/run/", ""},
    {"empty", "", ""},
};
class ListenTest : public testing::TestWithParam<ListenRow> {};
TEST_P(ListenTest, is_a_literal_address_with_a_port_or_a_socket) {
  auto const got = parse_listen(GetParam().text);
  EXPECT_EQ(got ? to_string(*got) : "", GetParam().want) << (got ? "" : got.error());
}
INSTANTIATE_TEST_SUITE_P(Rows, ListenTest, testing::ValuesIn(kListens),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(ListenRuleTest, a_unix_path_fits_into_a_socket_address) {
  EXPECT_TRUE(parse_listen("unix:/" + std::string(106, 'x')));
  EXPECT_FALSE(parse_listen("unix:/" + std::string(107, 'x')));
}

struct EndpointRow {
  char const* name;
  std::string_view url;
  std::string_view authority;  ///< "": refused
  std::string_view host;
  int port;
  std::string_view path;
};
constexpr EndpointRow kEndpoints[] = {
    {"usual_port", "http://llama", "llama", "llama", 80, ""},
    {"usual_port_written", "http://llama:80", "llama", "llama", 80, ""},
    {"other_port", "http://llama:8000", "llama:8000", "llama", 8000, ""},
    {"https", "https://api.openai.com/v1", "api.openai.com", "api.openai.com", 443, "/v1"},
    {"https_on_another_port", "https://h:80", "h:80", "h", 80, ""},
    {"slash_is_no_path", "http://h/", "h", "h", 80, ""},
    {"trailing_slash_cut", "http://h/a/b/", "h", "h", 80, "/a/b"},
    {"upper_case", "HTTP://Llama.Local:8000/V1", "llama.local:8000", "llama.local", 8000, "/V1"},
    {"ipv4", "http://10.0.0.11:8000", "10.0.0.11:8000", "10.0.0.11", 8000, ""},
    {"ipv6", "http://[2001:DB8::1]:8000", "[2001:db8::1]:8000", "2001:db8::1", 8000, ""},
    {"ipv6_usual_port", "http://[::1]/x", "[::1]", "::1", 80, "/x"},
    {"underscore", "http://my_host:1", "my_host:1", "my_host", 1, ""},
    {"trailing_dot", "http://h.example.", "h.example.", "h.example.", 80, ""},
    {"digit_label_inside", "http://1.example", "1.example", "1.example", 80, ""},
    {"no_scheme", "llama:8000", "", "", 0, ""},
    {"other_scheme", "ftp://h", "", "", 0, ""},
    {"scheme_alone", "http://", "", "", 0, ""},
    {"one_slash", "http:/h", "", "", 0, ""},
    {"user", "http://user@h", "", "", 0, ""},
    {"query", "http://h/x?key=1", "", "", 0, ""},
    {"query_without_path", "http://h?x", "", "", 0, ""},
    {"fragment", "http://h#x", "", "", 0, ""},
    {"empty_port", "http://h:", "", "", 0, ""},
    {"port_zero", "http://h:0", "", "", 0, ""},
    {"port_too_large", "http://h:70000", "", "", 0, ""},
    {"port_no_number", "http://h:http", "", "", 0, ""},
    {"ipv6_without_brackets", "http://::1:80", "", "", 0, ""},
    {"name_in_brackets", "http://[h]:80", "", "", 0, ""},
    {"ipv4_out_of_range", "http://10.0.0.256", "", "", 0, ""},
    {"ipv4_short", "http://10.1", "", "", 0, ""},
    {"ipv4_hexadecimal", "http://0x7f000001", "", "", 0, ""},
    {"space_in_host", "http://a b", "", "", 0, ""},
    {"empty_label", "http://a..b", "", "", 0, ""},
    {"dot_segment", "http://h/a/../b", "", "", 0, ""},
    {"double_slash", "http://h//a", "", "", 0, ""},
    {"control_in_path", "http://h/a\rb", "", "", 0, ""},
    {"relative_socket", "unix:x", "", "", 0, ""},
};
class EndpointTest : public testing::TestWithParam<EndpointRow> {};
TEST_P(EndpointTest, is_taken_apart_or_refused) {
  auto const& row = GetParam();
  auto const got = parse_endpoint(row.url);
  ASSERT_EQ(got.has_value(), !row.authority.empty()) << (got ? "" : got.error());
  if (!got) return;
  EXPECT_EQ(got->url, row.url);
  EXPECT_EQ(got->authority, row.authority);
  EXPECT_EQ(got->host, row.host);
  EXPECT_EQ(got->port, row.port);
  EXPECT_EQ(got->path, row.path);
  EXPECT_EQ(got->tls, row.url.starts_with("https"));
}
INSTANTIATE_TEST_SUITE_P(Rows, EndpointTest, testing::ValuesIn(kEndpoints),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(EndpointRuleTest, a_unix_socket_has_a_path_and_no_host) {
  auto const got = parse_endpoint("unix:/run/llama.sock");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->unix_path, "/run/llama.sock");
  EXPECT_EQ(got->host, "");
  EXPECT_EQ(got->authority, "localhost");
}

struct OverlapRow {
  char const* name;
  std::string_view a;
  std::string_view b;
  bool want;
};
constexpr OverlapRow kOverlaps[] = {
    {"same", "127.0.0.1:80", "127.0.0.1:80", true},
    {"other_port", "127.0.0.1:80", "127.0.0.1:81", false},
    {"other_address", "127.0.0.1:80", "127.0.0.2:80", false},
    {"wildcard", "0.0.0.0:80", "127.0.0.1:80", true},
    {"wildcard_of_the_other_family", "[::]:80", "127.0.0.1:80", false},
    {"any_port_is_another_one", "127.0.0.1:0", "127.0.0.1:0", false},
    {"same_socket", "unix:/x", "unix:/x", true},
    {"socket_and_address", "unix:/x", "0.0.0.0:80", false},
};
class OverlapTest : public testing::TestWithParam<OverlapRow> {};
TEST_P(OverlapTest, is_the_same_port_of_the_same_address) {
  auto const a = parse_listen(GetParam().a);
  auto const b = parse_listen(GetParam().b);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(overlap(*a, *b), GetParam().want);
  EXPECT_EQ(overlap(*b, *a), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, OverlapTest, testing::ValuesIn(kOverlaps),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(LoopbackTest, is_127_and_1_and_sockets) {
  for (auto const* const text : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "unix:/x"}) {
    EXPECT_TRUE(is_loopback(parse_listen(text).value())) << text;
  }
  for (auto const* const text : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "128.0.0.1:1", "[::ffff:10.0.0.1]:1"}) {
    EXPECT_FALSE(is_loopback(parse_listen(text).value())) << text;
  }
}

}  // namespace
}  // namespace inferway::config
