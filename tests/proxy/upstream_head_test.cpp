#include "inferway/proxy/upstream_head.hpp"

#include <gtest/gtest.h>

#include <string>

namespace inferway::proxy {
namespace {

constexpr std::string_view kClient =
    "POST /v1/chat/completions?a=1 HTTP/1.1\r\n"
    "Host: gateway.example\r\n"
    "User-Agent: test\r\n"
    "Authorization: Bearer caller\r\n"
    "X-Api-Key: caller\r\n"
    "Cookie: s=1\r\n"
    "Connection: x-secret-hop, keep-alive\r\n"
    "X-Secret-Hop: 1\r\n"
    "TE: trailers\r\n"
    "X-Forwarded-For: 203.0.113.9\r\n"
    "X-Forwarded-Proto: gopher\r\n"
    "Via: 1.0 front\r\n"
    "X-Request-Id: theirs\r\n"
    "Content-Length: 5\r\n"
    "OpenAI-Organization: org\r\n"
    "\r\n";

class UpstreamHeadTest : public testing::Test {
 protected:
  UpstreamHeadTest() {
    EXPECT_TRUE(client.parse(kClient, {}).has_value());
    endpoint.authority = "10.0.0.1:8000";
    endpoint.path = "/base";
  }
  std::string written(BodyFraming framing) {
    net::BlockPool pool;
    net::Buffer out(pool);
    write_upstream_head(out, {.client = client,
                              .endpoint = endpoint,
                              .backend = backend,
                              .withheld = withheld,
                              .path = "/v1/chat/completions",
                              .query = "a=1",
                              .has_query = true,
                              .peer = "192.0.2.7",
                              .secure = false,
                              .request_id = "req-1",
                              .framing = framing});
    return std::string(out.view());
  }

  http::RequestHead client;
  config::Endpoint endpoint;
  BackendPlan backend;
  std::vector<std::size_t> withheld;
};

TEST_F(UpstreamHeadTest, is_what_the_backend_should_see_and_no_more) {
  EXPECT_EQ(written({.chunked = false, .length = 5}),
            "POST /base/v1/chat/completions?a=1 HTTP/1.1\r\n"
            "Host: 10.0.0.1:8000\r\n"
            "User-Agent: test\r\n"
            "OpenAI-Organization: org\r\n"
            "X-Forwarded-For: 203.0.113.9, 192.0.2.7\r\n"
            "X-Forwarded-Proto: http\r\n"
            "X-Forwarded-Host: gateway.example\r\n"
            "Via: 1.0 front, 1.1 inferway\r\n"
            "X-Request-Id: req-1\r\n"
            "Content-Length: 5\r\n"
            "\r\n");
}

TEST_F(UpstreamHeadTest, the_backends_own_fields_replace_the_clients) {
  backend.fields = Secret("Authorization: Bearer provider\r\nuser-agent: gateway\r\n");
  backend.replaced = {"authorization", "user-agent"};
  backend.passes = {http::FieldId::authorization, http::FieldId::cookie};
  auto const head = written({.chunked = true, .length = {}});
  EXPECT_EQ(head.find("caller"), std::string::npos);
  EXPECT_EQ(head.find("User-Agent: test"), std::string::npos);
  EXPECT_NE(head.find("Authorization: Bearer provider\r\nuser-agent: gateway\r\n"), std::string::npos);
  EXPECT_NE(head.find("Cookie: s=1\r\n"), std::string::npos);
  EXPECT_NE(head.find("Transfer-Encoding: chunked\r\n\r\n"), std::string::npos);
}

TEST_F(UpstreamHeadTest, what_holds_a_key_of_the_gateways_does_not_pass) {
  backend.passes = {http::FieldId::authorization, http::FieldId::x_api_key};
  EXPECT_NE(written({}).find("Authorization: Bearer caller\r\nX-Api-Key: caller\r\n"), std::string::npos);
  for (std::size_t i = 0; i < client.fields.size(); ++i) {
    if (client.fields[i].id == http::FieldId::authorization) withheld.push_back(i);
  }
  auto const head = written({});
  EXPECT_EQ(head.find("Authorization"), std::string::npos);
  EXPECT_NE(head.find("X-Api-Key: caller\r\n"), std::string::npos);
}

TEST_F(UpstreamHeadTest, a_post_without_a_body_says_so) {
  EXPECT_NE(written({}).find("Content-Length: 0\r\n"), std::string::npos);
}

TEST_F(UpstreamHeadTest, a_handshake_asks_for_websocket_alone_and_bears_no_key) {
  ASSERT_TRUE(
      client.parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade, x\r\nUpgrade: h2c, WebSocket\r\nX: 1\r\n"
                   "Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: e; p=1\r\n"
                   "Sec-WebSocket-Protocol: b, openai-insecure-api-key.caller\r\nSec-WebSocket-Protocol: a\r\n"
                   "\r\n",
                   {}));
  auto const head = written({});
  EXPECT_NE(head.find("Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: e; p=1\r\n"),
            std::string::npos);
  EXPECT_TRUE(head.ends_with("Sec-WebSocket-Protocol: b, a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"))
      << head;
  EXPECT_EQ(head.find("h2c"), std::string::npos);
  EXPECT_EQ(head.find("caller"), std::string::npos);
}

TEST_F(UpstreamHeadTest, another_upgrade_ends_here_and_no_key_goes_on_with_it) {
  ASSERT_TRUE(
      client.parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: h2c\r\n"
                   "Sec-WebSocket-Protocol: openai-insecure-api-key.caller\r\n\r\n",
                   {}));
  auto const head = written({});
  EXPECT_EQ(head.find("caller"), std::string::npos);
  EXPECT_EQ(head.find("pgrade"), std::string::npos);
}

}  // namespace
}  // namespace inferway::proxy
