#include "guard.hpp"

#include <gtest/gtest.h>

#include <string>

namespace inferway::admin {
namespace {

struct GuardRow {
  char const* name;
  std::string host;
  std::string fields;
  bool has_token;
  bool foreign;
};
GuardRow const kGuardRows[] = {
    {"a_tool", "127.0.0.1:9901", "", false, false},
    {"a_tool_that_uses_a_name", "gateway.internal:9901", "", true, false},
    {"a_name_without_a_token", "gateway.internal:9901", "", false, true},
    {"a_name_turned_to_us_in_a_get", "evil.example:9901", "Sec-Fetch-Site: same-origin\r\n", false, true},
    {"all_of_the_loopback_network", "127.9.8.7", "", false, false},
    {"the_name_with_its_dot", "localhost.evil.example", "", false, true},
    {"our_own_page", "localhost:9901", "Origin: http://localhost:9901\r\nSec-Fetch-Site: same-origin\r\n", false,
     false},
    {"our_own_page_by_address", "[::1]:9901", "Origin: http://[::1]:9901\r\n", false, false},
    {"typed_in", "localhost:9901", "Sec-Fetch-Site: none\r\n", false, false},
    {"another_site", "localhost:9901", "Origin: https://evil.example\r\n", false, true},
    {"another_port", "localhost:9901", "Origin: http://localhost:3000\r\n", false, true},
    {"another_site_despite_a_token", "localhost:9901", "Origin: https://evil.example\r\n", true, true},
    {"a_page_without_a_name", "localhost:9901", "Origin: null\r\n", false, true},
    {"a_page_that_says_so", "localhost:9901", "Sec-Fetch-Site: cross-site\r\n", false, true},
    {"another_host_of_our_site", "localhost:9901", "Sec-Fetch-Site: same-site\r\n", false, true},
    {"a_name_that_was_turned_to_us", "evil.example:9901", "Origin: http://evil.example:9901\r\n", false, true},
    {"a_name_that_looks_like_us", "127.0.0.1.evil.example", "Origin: http://127.0.0.1.evil.example\r\n", false, true},
    {"our_name_with_a_token", "gateway.example", "Origin: https://gateway.example\r\n", true, false},
};
class GuardTest : public testing::TestWithParam<GuardRow> {};

TEST_P(GuardTest, tells_who_sent_it) {
  auto const& row = GetParam();
  auto const bytes = "POST /api/reload HTTP/1.1\r\nHost: " + row.host + "\r\n" + row.fields + "\r\n";
  http::RequestHead head;
  ASSERT_TRUE(head.parse(bytes, {}).has_value());
  EXPECT_EQ(!foreign(head, !row.has_token).empty(), row.foreign) << foreign(head, !row.has_token);
}
INSTANTIATE_TEST_SUITE_P(Rows, GuardTest, testing::ValuesIn(kGuardRows),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::admin
