#include "header_rules.hpp"

#include "loading.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

TEST(HeaderRulesTest, a_token_has_no_separators) {
  for (auto const* const text : {"GET", "x-api-key", "!#$%&'*+-.^_`|~", "0"}) EXPECT_TRUE(is_token(text)) << text;
  for (auto const* const text : {"", "a b", "a:", "a\t", "a/b", "(a)", "a\"", "\xC3\xA4"}) {
    EXPECT_FALSE(is_token(text)) << text;
  }
}

TEST(HeaderRulesTest, a_field_value_has_no_controls_and_no_blank_ends) {
  for (auto const* const text : {"", "a", "a b\tc", "caf\xC3\xA9"}) EXPECT_TRUE(is_field_value(text)) << text;
  for (auto const* const text : {" a", "a\t", "a\r\nb", "a\nb", "\x01", "a\x7F"}) {
    EXPECT_FALSE(is_field_value(text)) << text;
  }
}

TEST(HeaderRulesTest, framing_fields_are_known_in_any_case) {
  for (auto const* const name :
       {"Host", "content-length", "TRANSFER-ENCODING", "Connection", "te", "Upgrade", "Trailer", "Keep-Alive", "Expect",
        "Proxy-Connection", "Sec-WebSocket-Key", "sec-websocket-protocol"}) {
    EXPECT_TRUE(is_framing_field(name)) << name;
  }
  EXPECT_FALSE(is_framing_field("content-type"));
  EXPECT_FALSE(is_framing_field("x-host"));
  EXPECT_FALSE(is_framing_field("sec-websocket"));
}

struct MethodRow {
  char const* name;
  std::string_view method;
  std::string_view words;  ///< of the refusal; "": accepted
};
constexpr MethodRow kMethodRows[] = {
    {"usual", "POST", ""},
    {"extension", "PURGE", ""},
    {"lower_case", "post", "write POST"},
    {"mixed_case", "Get", "write GET"},
    {"connect", "CONNECT", "405"},
    {"trace", "trace", "405"},
    {"no_token", "\"GET POST\"", "is not a method"},
    {"empty", "\"\"", "is empty"},
    {"list", "[GET]", "is not text"},
};
class MethodTest : public testing::TestWithParam<MethodRow> {};
TEST_P(MethodTest, is_one_that_a_request_can_have) {
  auto const loaded =
      load(std::string(kBackends) + "routes: [{match: {path: /p, method: " + std::string(GetParam().method) +
           "}, to: [{backend: b}]}]");
  ASSERT_EQ(loaded.config.has_value(), GetParam().words.empty()) << errors_of(loaded);
  EXPECT_NE(errors_of(loaded).find(GetParam().words), std::string::npos) << errors_of(loaded);
}
INSTANTIATE_TEST_SUITE_P(Rows, MethodTest, testing::ValuesIn(kMethodRows),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::config
