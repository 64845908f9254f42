#include "inferway/http/websocket.hpp"

#include "inferway/http/frame_scanner.hpp"
#include "splits.hpp"

#include <gtest/gtest.h>

#include <string>

namespace inferway::http {
namespace {

/// The example of RFC 6455 section 1.3.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
constexpr std::string_view kUpgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
constexpr std::string_view kRight = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

/// A request's head that lives as long as this.
struct Parsed {
  explicit Parsed(std::string text) : bytes(std::move(text)) { good = head.parse(bytes, {}).has_value(); }
  std::string bytes;
  RequestHead head;
  bool good = false;
};

Parsed request(std::string_view fields, std::string_view method = "GET") {
  return Parsed(std::string(method) + " /v1/realtime HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n");
}

struct AsksRow {
  char const* name;
  std::string_view fields;
  bool asks;
};
constexpr AsksRow kAsksRows[] = {
    {"plain", "Connection: Upgrade\r\nUpgrade: websocket\r\n", true},
    {"any_case", "connection: keep-alive, UPGRADE\r\nupgrade: WebSocket\r\n", true},
    {"among_others", "Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n", true},
    {"in_a_second_line", "Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n", true},
    {"another_protocol", "Connection: Upgrade\r\nUpgrade: h2c\r\n", false},
    {"a_version", "Connection: Upgrade\r\nUpgrade: websocket/13\r\n", false},
    {"a_part_of_a_word", "Connection: Upgrade\r\nUpgrade: websockets\r\n", false},
    {"not_in_connection", "Upgrade: websocket\r\n", false},
    {"no_upgrade", "Connection: Upgrade\r\n", false},
    {"empty", "Connection: Upgrade\r\nUpgrade:\r\n", false},
};
class AsksForWebSocketTest : public testing::TestWithParam<AsksRow> {};

TEST_P(AsksForWebSocketTest, is_an_upgrade_that_names_it) {
  auto const parsed = request(GetParam().fields);
  ASSERT_TRUE(parsed.good);
  EXPECT_EQ(asks_for_websocket(parsed.head), GetParam().asks);
}
INSTANTIATE_TEST_SUITE_P(Rows, AsksForWebSocketTest, testing::ValuesIn(kAsksRows), kRowName);

TEST(AsksForWebSocketTest, not_in_http_1_0) {
  Parsed const parsed("GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  ASSERT_TRUE(parsed.good);
  EXPECT_FALSE(asks_for_websocket(parsed.head));
}

struct RequestRow {
  char const* name;
  std::string fields;
  std::optional<ErrorCode> error;
  std::string_view method = "GET";
};
std::string with_key(std::string_view key) {
  return "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + std::string(key) + "\r\n";
}
std::string right_and(std::string_view more) { return std::string(kRight) + std::string(more) + "\r\n"; }
RequestRow const kRequestRows[] = {
    {"right", std::string(kRight), {}},
    {"names_in_any_case", "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nSEC-WEBSOCKET-VERSION: 13\r\n", {}},
    {"subprotocols", right_and("Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.sk-1_2"), {}},
    {"length_0", right_and("Content-Length: 0"), {}},
    {"extensions", right_and("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"), {}},
    {"post", std::string(kRight), ErrorCode::bad_request, "POST"},
    {"head", std::string(kRight), ErrorCode::bad_request, "HEAD"},
    {"body", right_and("Content-Length: 1"), ErrorCode::bad_request},
    {"chunked_body", right_and("Transfer-Encoding: chunked"), ErrorCode::bad_request},
    {"no_version", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ErrorCode::upgrade_required},
    {"version_8", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n",
     ErrorCode::upgrade_required},
    {"version_013", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 013\r\n",
     ErrorCode::upgrade_required},
    {"version_list", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13, 8\r\n",
     ErrorCode::upgrade_required},
    {"version_twice", right_and("Sec-WebSocket-Version: 13"), ErrorCode::upgrade_required},
    {"no_key", "Sec-WebSocket-Version: 13\r\n", ErrorCode::bad_request},
    {"key_twice", right_and("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), ErrorCode::bad_request},
    {"key_empty", with_key(""), ErrorCode::bad_request},
    {"key_of_15_bytes", with_key("dGhlIHNhbXBsZSBub25j"), ErrorCode::bad_request},
    {"key_of_17_bytes", with_key("dGhlIHNhbXBsZSBub25jZWE="), ErrorCode::bad_request},
    {"key_of_18_bytes", with_key("dGhlIHNhbXBsZSBub25jZWFh"), ErrorCode::bad_request},
    {"key_unpadded", with_key("dGhlIHNhbXBsZSBub25jZQ"), ErrorCode::bad_request},
    {"key_in_url_alphabet", with_key("dGhlIHNhbXBsZSBub25-ZQ=="), ErrorCode::bad_request},
    {"key_with_bits_left_over", with_key("dGhlIHNhbXBsZSBub25jZR=="), ErrorCode::bad_request},
    {"key_with_a_blank", with_key("dGhlIHNhbXBs ZSBub25jZQ=="), ErrorCode::bad_request},
    {"subprotocol_with_a_blank", right_and("Sec-WebSocket-Protocol: real time"), ErrorCode::bad_request},
    {"subprotocol_quoted", right_and("Sec-WebSocket-Protocol: \"realtime\""), ErrorCode::bad_request},
};
class WebSocketRequestTest : public testing::TestWithParam<RequestRow> {};

TEST_P(WebSocketRequestTest, is_checked_as_rfc_6455_asks) {
  auto const parsed = request(std::string(kUpgrade) + GetParam().fields, GetParam().method);
  ASSERT_TRUE(parsed.good);
  ASSERT_TRUE(asks_for_websocket(parsed.head));
  auto const checked = check_websocket_request(parsed.head);
  EXPECT_EQ(checked ? std::nullopt : std::optional(checked.error().code), GetParam().error);
}
INSTANTIATE_TEST_SUITE_P(Rows, WebSocketRequestTest, testing::ValuesIn(kRequestRows), kRowName);

TEST(WebSocketRequestTest, keeps_what_connection_names) {
  auto const parsed = request(
      "Connection: Upgrade, Sec-WebSocket-Key, Sec-WebSocket-Version, Sec-WebSocket-Protocol\r\n"
      "Upgrade: websocket\r\nSec-WebSocket-Protocol: a\r\n" +
      std::string(kRight));
  ASSERT_TRUE(parsed.good);
  for (auto const& field : parsed.head.fields) {
    EXPECT_EQ(field.hop_by_hop, field.id == FieldId::connection || field.id == FieldId::upgrade) << field.name;
  }
}

struct SubprotocolRow {
  char const* name;
  std::string_view fields;
  std::string_view offered;
};
constexpr SubprotocolRow kSubprotocolRows[] = {
    {"none", "", ""},
    {"one", "Sec-WebSocket-Protocol: realtime\r\n", "realtime"},
    {"order_is_kept", "Sec-WebSocket-Protocol: b,a ,\tC\r\n", "b, a, C"},
    {"several_lines", "Sec-WebSocket-Protocol: b\r\nSec-WebSocket-Protocol: a\r\n", "b, a"},
    {"empty_elements", "Sec-WebSocket-Protocol: , a,, b,\r\n", "a, b"},
    {"key_left_out", "Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.sk-1, openai-beta.realtime-v1\r\n",
     "realtime, openai-beta.realtime-v1"},
    {"key_in_any_case", "Sec-WebSocket-Protocol: OpenAI-Insecure-API-Key.sk-1\r\n", ""},
    {"key_in_a_line_of_its_own", "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: openai-insecure-api-key.k\r\n",
     "a"},
    {"empty_key", "Sec-WebSocket-Protocol: openai-insecure-api-key.\r\n", ""},
    {"organization_and_project", "Sec-WebSocket-Protocol: openai-organization.o, openai-project.p\r\n",
     "openai-organization.o, openai-project.p"},
};
class SubprotocolTest : public testing::TestWithParam<SubprotocolRow> {};

TEST_P(SubprotocolTest, is_offered_unless_it_bears_a_key) {
  auto const parsed = request(GetParam().fields);
  ASSERT_TRUE(parsed.good);
  EXPECT_EQ(offered_subprotocols(parsed.head), GetParam().offered);
}
INSTANTIATE_TEST_SUITE_P(Rows, SubprotocolTest, testing::ValuesIn(kSubprotocolRows), kRowName);

TEST(WebSocketAcceptTest, is_the_one_of_the_rfc_s_example) { EXPECT_EQ(websocket_accept(kKey), kAccept); }

std::string switching(std::string_view accept, std::string_view more = "") {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         std::string(accept) + "\r\n" + std::string(more) + "\r\n";
}

struct AnswerRow {
  char const* name;
  std::string answer;
  bool right;
  std::string_view asked = "";
};
constexpr std::string_view kTwo = "Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.k, other\r\n";
AnswerRow const kAnswerRows[] = {
    {"right", switching(kAccept), true},
    {"names_in_any_case",
     "HTTP/1.1 101 x\r\nupgrade: WebSocket\r\nconnection: keep-alive, upgrade\r\n"
     "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
     true},
    {"first_subprotocol", switching(kAccept, "Sec-WebSocket-Protocol: realtime\r\n"), true, kTwo},
    {"other_subprotocol", switching(kAccept, "Sec-WebSocket-Protocol: other\r\n"), true, kTwo},
    {"no_subprotocol", switching(kAccept), true, kTwo},
    {"extension", switching(kAccept, "Sec-WebSocket-Extensions: permessage-deflate\r\n"), true,
     "Sec-WebSocket-Extensions: permessage-deflate\r\n"},
    {"accept_of_another_key", switching("HSmrc0sMlYUkAGmm5OPpG2HaGWk="), false},
    {"accept_in_lower_case", switching("s3pplmbitxaq9kygzzhzrbk+xoo="), false},
    {"accept_twice", switching(kAccept, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), false},
    {"no_accept", "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", false},
    {"no_upgrade",
     "HTTP/1.1 101 x\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", false},
    {"no_connection",
     "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", false},
    {"another_protocol", switching(kAccept, "Upgrade: h2c\r\n"), false},
    {"http_1_0",
     "HTTP/1.0 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
     false},
    {"subprotocol_not_offered", switching(kAccept, "Sec-WebSocket-Protocol: third\r\n"), false, kTwo},
    {"subprotocol_in_other_case", switching(kAccept, "Sec-WebSocket-Protocol: Realtime\r\n"), false, kTwo},
    {"subprotocol_though_none_was_offered", switching(kAccept, "Sec-WebSocket-Protocol: a\r\n"), false},
    {"both_subprotocols", switching(kAccept, "Sec-WebSocket-Protocol: realtime, other\r\n"), false, kTwo},
    {"subprotocol_twice",
     switching(kAccept, "Sec-WebSocket-Protocol: realtime\r\nSec-WebSocket-Protocol: realtime\r\n"), false, kTwo},
    {"subprotocol_empty", switching(kAccept, "Sec-WebSocket-Protocol:\r\n"), false, kTwo},
    {"the_key_as_subprotocol", switching(kAccept, "Sec-WebSocket-Protocol: openai-insecure-api-key.k\r\n"), false,
     kTwo},
    {"extension_not_offered", switching(kAccept, "Sec-WebSocket-Extensions: permessage-deflate\r\n"), false},
    {"another_extension", switching(kAccept, "Sec-WebSocket-Extensions: x-own; a=1\r\n"), false,
     "Sec-WebSocket-Extensions: permessage-deflate\r\n"},
    {"one_of_two_extensions", switching(kAccept, "Sec-WebSocket-Extensions: a; x, c\r\n"), false,
     "Sec-WebSocket-Extensions: a, b\r\n"},
    {"empty_offer", switching(kAccept, "Sec-WebSocket-Extensions: permessage-deflate\r\n"), false,
     "Sec-WebSocket-Extensions:\r\n"},
    {"extension_with_other_parameters", switching(kAccept, "Sec-WebSocket-Extensions: a;x=2\r\n"), true,
     "Sec-WebSocket-Extensions: b, a; x=1\r\n"},
};
class WebSocketAnswerTest : public testing::TestWithParam<AnswerRow> {};

TEST_P(WebSocketAnswerTest, is_checked_as_a_client_would) {
  auto const asked = request(std::string(kUpgrade) + std::string(kRight) + std::string(GetParam().asked));
  ASSERT_TRUE(asked.good);
  ResponseHead head;
  ASSERT_TRUE(head.parse(GetParam().answer, {}, false));
  auto const checked = check_websocket_answer(head, asked.head);
  EXPECT_EQ(checked.has_value(), GetParam().right);
  if (!checked) {
    EXPECT_EQ(checked.error().code, ErrorCode::bad_response);
    EXPECT_EQ(checked.error().side, Side::upstream);
  }
}
INSTANTIATE_TEST_SUITE_P(Rows, WebSocketAnswerTest, testing::ValuesIn(kAnswerRows), kRowName);

TEST(GoingAwayTest, is_a_close_frame_with_1001_either_way) {
  for (std::uint32_t const mask : {0U, 0x01020304U, 0xFFFFFFFFU}) {
    auto const masked = masked_going_away(mask);
    std::string_view const bytes(masked.data(), masked.size());
    EXPECT_EQ(bytes.substr(0, 2), "\x88\x82");
    EXPECT_EQ(static_cast<unsigned char>(bytes[6] ^ bytes[2]), 1001 >> 8);
    EXPECT_EQ(static_cast<unsigned char>(bytes[7] ^ bytes[3]), 1001 & 0xFF);
    FrameScanner scanner;
    scanner.feed(bytes);
    EXPECT_TRUE(scanner.closed() && scanner.at_boundary());
  }
  FrameScanner scanner;
  scanner.feed(kGoingAway);
  EXPECT_TRUE(scanner.closed() && scanner.at_boundary());
  EXPECT_EQ(kGoingAway, "\x88\x02\x03\xE9");
}

}  // namespace
}  // namespace inferway::http
