// Answers that go wrong because the mock was told so.

#include "inferway/mock/mock_server.hpp"
#include "raw_client.hpp"

#include <boost/asio/error.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <thread>

namespace inferway::mock {
namespace {

std::string const kHealth = "GET /health HTTP/1.1\r\nHost: mock\r\n\r\n";

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

/// All that comes until the connection ends.
std::string answer_of(MockServer const& server, std::string const& call) {
  RawClient client(server.port());
  client.send(call);
  return client.read_to_end();
}

void wait_until_cancelled(MockServer const& server) {
  while (server.counts().cancelled == 0) std::this_thread::yield();
}

TEST(Faults, cut_an_answer_at_any_byte) {
  MockServer const server;
  auto const whole = answer_of(server, chat_call("Connection: close\r\n"));
  for (std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{30}, whole.size() / 2, whole.size() - 1}) {
    auto const cut =
        answer_of(server, chat_call("Connection: close\r\nx-mock-cut-bytes: " + std::to_string(bytes) + "\r\n"));
    EXPECT_EQ(cut.size(), bytes);
  }
  auto const stream = answer_of(server, stream_call("Connection: close\r\n"));
  for (std::size_t bytes : {std::size_t{0}, std::size_t{50}, stream.size() / 2, stream.size() - 1}) {
    auto const cut =
        answer_of(server, stream_call("Connection: close\r\nx-mock-cut-bytes: " + std::to_string(bytes) + "\r\n"));
    EXPECT_EQ(cut.size(), bytes);
  }
  EXPECT_EQ(server.counts().cut, 9U);
  EXPECT_EQ(server.counts().cancelled, 0U);
  EXPECT_EQ(server.counts().streams_completed, 1U);
}

TEST(Faults, cut_by_a_reset) {
  MockServer const server;
  RawClient client(server.port());
  client.send(stream_call("x-mock-cut-after: 2\r\nx-mock-reset: true\r\n"));
  client.read_to_end();
  EXPECT_EQ(client.end(), boost::asio::error::connection_reset);
}

TEST(Faults, stall_behind_some_tokens) {
  MockServer const server;
  {
    RawClient client(server.port());
    client.send(stream_call("x-mock-stall-after: 3\r\n"));
    while (server.counts().tokens < 3) std::this_thread::yield();
    EXPECT_EQ(count_of(client.read_until("assistant"), "[DONE]"), 0U);
  }
  wait_until_cancelled(server);
  EXPECT_EQ(server.counts().tokens, 3U);
  EXPECT_EQ(server.counts().streams_completed, 0U);
}

TEST(Faults, stall_within_a_whole_answer) {
  MockServer const server;
  {
    RawClient client(server.port());
    client.send(chat_call("x-mock-stall-after: 3\r\n"));
    EXPECT_EQ(client.read_until("choices").find("usage"), std::string::npos);
  }
  wait_until_cancelled(server);
}

TEST(Faults, stall_before_the_head) {
  MockServer const server;
  {
    RawClient client(server.port());
    client.send(stream_call("x-mock-stall-head: 1\r\n"));
    while (server.counts().requests == 0) std::this_thread::yield();
  }
  wait_until_cancelled(server);
  EXPECT_EQ(server.counts().streams_started, 0U);
}

TEST(Faults, report_an_error_within_a_stream) {
  MockServer const server;
  auto const answer = answer_of(server, stream_call("Connection: close\r\nx-mock-error-after: 2\r\nx-mock-error-code: "
                                                    "slow_down\r\nx-mock-error-message: Not now.\r\n"));
  EXPECT_NE(
      answer.find(R"(data: {"error":{"message":"Not now.","type":"server_error","param":null,"code":"slow_down"}})"),
      std::string::npos)
      << answer;
  EXPECT_EQ(answer.find("[DONE]"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n0\r\n\r\n"));
  EXPECT_EQ(server.counts().tokens, 2U);
}

TEST(Faults, report_an_error_before_the_first_token) {
  MockServer const server;
  auto const answer = answer_of(server, stream_call("Connection: close\r\nx-mock-error-after: 0\r\n"));
  EXPECT_LT(answer.find("assistant"), answer.find("\"error\""));
  EXPECT_EQ(server.counts().tokens, 0U);
}

TEST(Faults, say_when_to_come_again) {
  MockServer const server;
  for (std::string const status : {"429", "503", "529"}) {
    auto const answer = answer_of(
        server, chat_call("Connection: close\r\nx-mock-status: " + status + "\r\nx-mock-retry-after: 1500ms\r\n"));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + status)) << answer;
    EXPECT_NE(answer.find("Retry-After: 2\r\n"), std::string::npos) << answer;
  }
  auto const other =
      answer_of(server, chat_call("Connection: close\r\nx-mock-status: 500\r\nx-mock-retry-after: 2s\r\n"));
  EXPECT_EQ(other.find("Retry-After"), std::string::npos);
}

TEST(Faults, close_instead_of_an_answer) {
  MockServer const server;
  EXPECT_EQ(answer_of(server, chat_call("x-mock-close-rate: 1\r\n")), "");
  EXPECT_EQ(server.counts().cut, 1U);
  EXPECT_NE(answer_of(server, chat_call("Connection: close\r\nx-mock-close-rate: 0\r\n")), "");
}

TEST(Faults, close_the_share_of_calls_that_was_told) {
  Options options;
  options.behaviour.close_rate = 0.5;
  MockServer const server(options);
  int closed = 0;
  for (int i = 0; i < 100; ++i) closed += answer_of(server, chat_call("Connection: close\r\n")).empty() ? 1 : 0;
  EXPECT_GT(closed, 25);
  EXPECT_LT(closed, 75);
}

TEST(Faults, hint_before_an_answer) {
  MockServer const server;
  auto const answer = answer_of(server, chat_call("Connection: close\r\nx-mock-early-hints: 5\r\n"));
  EXPECT_EQ(count_of(answer, "HTTP/1.1 103 Early Hints\r\n"), 5U);
  EXPECT_EQ(count_of(answer, "HTTP/1.1 200 OK\r\n"), 1U);
}

TEST(Faults, close_what_is_idle) {
  Options options;
  options.behaviour.idle_close = std::chrono::milliseconds(5);
  MockServer const server(options);
  RawClient client(server.port());
  client.send(kHealth + kHealth);  // the second is there when the first was answered
  auto const answers = client.read_to_end();
  EXPECT_EQ(count_of(answers, "200 OK"), 2U);
  EXPECT_EQ(client.end(), boost::asio::error::eof);
}

TEST(Faults, turn_the_health_of_a_server) {
  MockServer const server;
  auto const status = [&](std::string const& request) {
    return answer_of(server, request + " HTTP/1.1\r\nHost: mock\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        .substr(9, 3);
  };
  EXPECT_EQ(status("GET /health"), "200");
  EXPECT_EQ(status("POST /mock/health?status=503"), "200");
  EXPECT_EQ(status("GET /health"), "503");
  EXPECT_EQ(status("POST /mock/health?status=200"), "200");
  EXPECT_EQ(status("GET /health"), "200");
  EXPECT_EQ(server.counts().health_checks, 3U);
  for (auto const* const wrong : {"GET /mock/health?status=503", "POST /mock/health", "POST /mock/health?status=99"}) {
    EXPECT_EQ(status(wrong), "400") << wrong;
  }
}

}  // namespace
}  // namespace inferway::mock
