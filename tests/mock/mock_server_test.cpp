#include "inferway/mock/mock_server.hpp"

#include "raw_client.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <thread>

namespace inferway::mock {
namespace {

void wait_for(MockServer const& server, std::function<bool(Counts const&)> const& true_of) {
  while (!true_of(server.counts())) std::this_thread::yield();
}

TEST(MockServer, keeps_a_connection_and_answers_in_order) {
  MockServer const server;
  RawClient client(server.port());
  client.send(
      "GET /health HTTP/1.1\r\nHost: mock\r\n\r\nGET /v1/models HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n\r\n");
  auto const answers = client.read_to_end();
  EXPECT_LT(answers.find(R"({"status":"ok"})"), answers.find(R"("object":"list")")) << answers;
  EXPECT_EQ(server.counts().requests, 2U);
  EXPECT_EQ(server.counts().connections_accepted, 1U);
}

TEST(MockServer, streams_in_chunks_and_goes_on) {
  MockServer const server;
  RawClient client(server.port());
  client.send(stream_call());
  auto const answer = client.read_until("\r\n0\r\n\r\n");
  EXPECT_NE(answer.find("Transfer-Encoding: chunked\r\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("Content-Type: text/event-stream; charset=utf-8\r\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("data: [DONE]\n\n"), std::string::npos) << answer;
  client.forget();
  client.send("GET /health HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n\r\n");
  EXPECT_NE(client.read_to_end().find("200 OK"), std::string::npos);
  EXPECT_EQ(server.counts().streams_completed, 1U);
  EXPECT_EQ(server.counts().tokens, 16U);
}

TEST(MockServer, streams_to_an_old_client_until_it_closes) {
  MockServer const server;
  RawClient client(server.port());
  auto call = stream_call();
  call.replace(call.find("HTTP/1.1"), 8, "HTTP/1.0");
  client.send(call);
  auto const answer = client.read_to_end();
  EXPECT_EQ(answer.find("chunked"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("data: [DONE]\n\n")) << answer;
}

TEST(MockServer, invites_a_body_that_waits) {
  MockServer const server;
  RawClient client(server.port());
  auto const call = chat_call("Expect: 100-continue\r\n");
  auto const body = call.find("\r\n\r\n") + 4;
  client.send(std::string_view(call).substr(0, body));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(std::string_view(call).substr(body));
  EXPECT_NE(client.read_until("usage").find("chat.completion"), std::string::npos);
}

TEST(MockServer, sends_no_body_for_head) {
  MockServer const server;
  RawClient client(server.port());
  client.send("HEAD /v1/models HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n\r\n");
  auto const answer = client.read_to_end();
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
  EXPECT_NE(answer.find("Content-Length: "), std::string::npos);
}

TEST(MockServer, bears_an_id_in_every_answer) {
  MockServer const server;
  RawClient client(server.port());
  client.send(stream_call());
  EXPECT_NE(client.read_until("\r\n\r\n").find("x-request-id: req_0000000000000001\r\n"), std::string::npos);
}

TEST(MockServer, cuts_a_stream_in_mid_answer) {
  MockServer const server;
  RawClient client(server.port());
  client.send(stream_call("x-mock-cut-after: 2\r\n"));
  auto const answer = client.read_to_end();
  EXPECT_EQ(answer.find("[DONE]"), std::string::npos);
  EXPECT_EQ(answer.find("\r\n0\r\n"), std::string::npos);
  EXPECT_EQ(server.counts().tokens, 2U);
  EXPECT_EQ(server.counts().cancelled, 0U);
}

TEST(MockServer, cuts_a_whole_answer_short_of_its_length) {
  MockServer const server;
  RawClient client(server.port());
  client.send(chat_call("x-mock-cut-after: 2\r\n"));
  auto const answer = client.read_to_end();
  auto const body = answer.find("\r\n\r\n") + 4;
  auto const length = std::stoul(answer.substr(answer.find("Content-Length: ") + 16));
  EXPECT_LT(answer.size() - body, length);
}

struct Going {
  char const* name;
  std::string headers;
};

class MockServerWhoseClientGoes : public testing::TestWithParam<Going> {};

TEST_P(MockServerWhoseClientGoes, stops_at_once_and_counts_it) {
  MockServer const server;
  {
    RawClient client(server.port());
    client.send(stream_call(GetParam().headers));
    wait_for(server, [](Counts const& counts) { return counts.requests == 1; });
  }
  wait_for(server, [](Counts const& counts) { return counts.cancelled == 1 && counts.connections_open == 0; });
  EXPECT_EQ(server.counts().streams_completed, 0U);
}

INSTANTIATE_TEST_SUITE_P(Phases, MockServerWhoseClientGoes,
                         testing::Values(Going{"before_the_first_token", "x-mock-first-token: 1440m\r\n"},
                                         Going{"between_tokens", "x-mock-token-interval: 1440m\r\n"},
                                         Going{"while_it_is_sent_more_than_it_reads", "x-mock-tokens: 1000000\r\n"}),
                         [](auto const& row) { return row.param.name; });

TEST(MockServer, takes_a_half_closed_client_for_gone) {
  MockServer const server;
  RawClient client(server.port());
  client.send(stream_call("x-mock-token-interval: 1440m\r\n"));
  client.read_until("assistant");
  client.half_close();
  client.read_to_end();
  EXPECT_EQ(server.counts().cancelled, 1U);
}

TEST(MockServer, lets_a_header_change_one_answer_only) {
  MockServer const server;
  RawClient client(server.port());
  client.send(chat_call("x-mock-status: 429\r\n"));
  EXPECT_NE(client.read_until("rate_limit_exceeded").find("429 Too Many Requests"), std::string::npos);
  client.forget();
  client.send(chat_call("x-mock-speed: 9\r\n"));
  EXPECT_NE(client.read_until("bad_mock_header").find("400 Bad Request"), std::string::npos);
  client.forget();
  client.send(chat_call(""));
  EXPECT_NE(client.read_until("usage").find("200 OK"), std::string::npos);
}

TEST(MockServer, fails_the_share_it_was_told) {
  Options options;
  options.behaviour.fail_rate = 0.5;
  MockServer const server(options);
  RawClient client(server.port());
  int failed = 0;
  for (int i = 0; i < 100; ++i) {
    client.forget();
    client.send(chat_call(""));
    auto const head = client.read_until("}}");
    failed += head.starts_with("HTTP/1.1 500") ? 1 : 0;
  }
  EXPECT_GT(failed, 25);
  EXPECT_LT(failed, 75);
}

TEST(MockServer, listens_on_several_addresses) {
  Options options;
  options.listen = {"127.0.0.1:0", "127.0.0.1:0"};
  MockServer const server(options);
  EXPECT_NE(server.port(0), server.port(1));
  for (std::size_t i = 0; i < 2; ++i) {
    RawClient client(server.port(i));
    client.send("GET /health HTTP/1.1\r\nHost: mock\r\n\r\n");
    EXPECT_NE(client.read_until("ok").find("200 OK"), std::string::npos);
  }
  EXPECT_EQ(server.url(1), "http://127.0.0.1:" + std::to_string(server.port(1)));
}

TEST(MockServer, shows_its_counts) {
  MockServer const server;
  RawClient client(server.port());
  client.send("GET /stats HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n\r\n");
  auto const answer = client.read_to_end();
  auto const counts = nlohmann::json::parse(answer.substr(answer.find("\r\n\r\n")));
  EXPECT_EQ(counts.at("requests"), 1);
  EXPECT_EQ(counts.at("connections_open"), 1);
}

TEST(MockServer, closes_everything_when_it_stops) {
  MockServer server;
  RawClient client(server.port());
  client.send(stream_call("x-mock-token-interval: 1440m\r\n"));
  client.read_until("assistant");
  server.stop();
  client.read_to_end();
  EXPECT_EQ(server.counts().connections_open, 0U);
}

class MockServerRefuses : public testing::TestWithParam<char const*> {};

TEST_P(MockServerRefuses, an_address_it_cannot_listen_on) {
  Options options;
  options.listen = {GetParam()};
  EXPECT_THROW(MockServer{options}, std::runtime_error);
}

INSTANTIATE_TEST_SUITE_P(Addresses, MockServerRefuses,
                         testing::Values("", "127.0.0.1", "localhost:80", "127.0.0.1:70000", "127.0.0.1:x",
                                         "192.0.2.1:0"));

TEST(MockServer, has_one_empty_line_between_head_and_body) {
  MockServer const server;
  auto const body_of = [&](std::string const& call) {
    RawClient client(server.port());
    client.send(call);
    auto const answer = client.read_to_end();
    return answer.substr(answer.find("\r\n\r\n") + 4);
  };
  EXPECT_TRUE(nlohmann::json::accept(body_of(chat_call("Connection: close\r\n"))));
  EXPECT_TRUE(body_of(chat_call("Connection: close\r\n")).starts_with("{"));
  auto const stream = body_of(stream_call("Connection: close\r\n"));
  EXPECT_TRUE(stream.substr(stream.find("\r\n")).starts_with("\r\ndata: ")) << stream;
}

TEST(MockServer, says_when_a_port_is_taken) {
  MockServer const first;
  Options options;
  options.listen = {"127.0.0.1:" + std::to_string(first.port())};
  EXPECT_THROW(MockServer{options}, std::runtime_error);
}

}  // namespace
}  // namespace inferway::mock
