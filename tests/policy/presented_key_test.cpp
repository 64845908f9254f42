#include "inferway/policy/presented_key.hpp"

#include <gtest/gtest.h>

#include <string>

namespace inferway::policy {
namespace {

constexpr std::string_view kRefused = "(refused)";
constexpr std::string_view kNone = "(none)";

/// The key in a request with these header lines, each with its CRLF.
std::string key_in(std::string const& lines) {
  auto const bytes = "GET /v1/realtime HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n";
  http::RequestHead head;
  auto const parsed = head.parse(bytes, {});
  EXPECT_TRUE(parsed.has_value()) << lines;
  auto const key = presented_key(head);
  if (!key) {
    EXPECT_EQ(key.error().code, ErrorCode::bad_request);
    EXPECT_EQ(key.error().detail.find("sk-"), std::string::npos);
    return std::string(kRefused);
  }
  return std::string(key->value_or(kNone));
}

constexpr char kUpgrade[] = "Connection: Upgrade\r\nUpgrade: websocket\r\n";

struct PlaceRow {
  char const* name;
  std::string lines;
  std::string_view key;
};
PlaceRow const kRows[] = {
    {"nowhere", "Accept: */*\r\n", kNone},
    {"bearer", "Authorization: Bearer sk-1\r\n", "sk-1"},
    {"bearer_in_any_case", "AUTHORIZATION: bEARER sk-1\r\n", "sk-1"},
    {"bearer_blanks", "Authorization: \t Bearer \t sk-1 \t \r\n", "sk-1"},
    {"bearer_blank_inside", "Authorization: Bearer sk-1 sk-2\r\n", "sk-1 sk-2"},  // no key has one
    {"bearer_empty", "Authorization: Bearer \r\n", kNone},
    {"bearer_alone", "Authorization: Bearer\r\n", kNone},
    {"bearer_glued", "Authorization: Bearersk-1\r\n", kNone},
    {"no_scheme", "Authorization: sk-1\r\n", kNone},
    {"basic", "Authorization: Basic c2stMQ==\r\n", kNone},
    {"longer_scheme", "Authorization: Bearers sk-1\r\n", kNone},
    {"authorization_empty", "Authorization:\r\n", kNone},
    {"x_api_key", "x-api-key: sk-1\r\n", "sk-1"},
    {"x_api_key_blanks", "X-Api-Key:  sk-1 \r\n", "sk-1"},
    {"x_api_key_no_scheme", "x-api-key: Bearer sk-1\r\n", "Bearer sk-1"},
    {"x_api_key_twice", "x-api-key: sk-1\r\nx-api-key: sk-2\r\n", kRefused},
    {"x_api_key_twice_the_same", "x-api-key: sk-1\r\nX-API-KEY: sk-1\r\n", kRefused},
    {"x_api_key_once_empty", "x-api-key:\r\nx-api-key: sk-1\r\n", "sk-1"},
    {"x_goog_api_key", "x-goog-api-key: sk-1\r\n", "sk-1"},
    {"x_goog_api_key_twice", "x-goog-api-key: sk-1\r\nx-goog-api-key: sk-2\r\n", kRefused},
    {"authorization_first", "x-goog-api-key: g\r\nx-api-key: x\r\nAuthorization: Bearer b\r\n", "b"},
    {"x_api_key_second", "x-goog-api-key: g\r\nx-api-key: x\r\n", "x"},
    {"basic_then_x_api_key", "Authorization: Basic c2stMQ==\r\nx-api-key: x\r\n", "x"},
    {"empty_bearer_then_x_api_key", "Authorization: Bearer \r\nx-api-key: x\r\n", "x"},
    {"empty_x_api_key_then_goog", "x-api-key: \r\nx-goog-api-key: g\r\n", "g"},
    {"later_place_twice", "Authorization: Bearer b\r\nx-api-key: x\r\nx-api-key: y\r\n", "b"},
    {"api_key_is_no_place", "api-key: sk-1\r\n", kNone},
    {"cookie_is_no_place", "Cookie: key=sk-1\r\n", kNone},
    {"proxy_is_no_place", "Proxy-Authorization: Bearer sk-1\r\n", kNone},
    {"subprotocol",
     std::string(kUpgrade) + "Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.sk-1, openai-beta.v1\r\n",
     "sk-1"},
    {"subprotocol_in_a_second_field",
     std::string(kUpgrade) +
         "Sec-WebSocket-Protocol: realtime\r\nSec-WebSocket-Protocol: openai-insecure-api-key.sk-1\r\n",
     "sk-1"},
    {"subprotocol_twice",
     std::string(kUpgrade) + "Sec-WebSocket-Protocol: openai-insecure-api-key.a, openai-insecure-api-key.b\r\n",
     kRefused},
    {"subprotocol_empty", std::string(kUpgrade) + "Sec-WebSocket-Protocol: openai-insecure-api-key.\r\n", kNone},
    {"subprotocol_in_another_case", std::string(kUpgrade) + "Sec-WebSocket-Protocol: OpenAI-Insecure-Api-Key.sk-1\r\n",
     kNone},
    {"subprotocol_without_upgrade", "Sec-WebSocket-Protocol: openai-insecure-api-key.sk-1\r\n", kNone},
    {"subprotocol_of_another_upgrade",
     "Connection: Upgrade\r\nUpgrade: h2c\r\nSec-WebSocket-Protocol: openai-insecure-api-key.sk-1\r\n", kNone},
    {"subprotocol_last",
     std::string(kUpgrade) + "x-api-key: x\r\nSec-WebSocket-Protocol: openai-insecure-api-key.p\r\n", "x"},
};
class PresentedKeyTest : public testing::TestWithParam<PlaceRow> {};

TEST_P(PresentedKeyTest, is_the_first_that_is_there) { EXPECT_EQ(key_in(GetParam().lines), GetParam().key); }
INSTANTIATE_TEST_SUITE_P(Rows, PresentedKeyTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::policy
