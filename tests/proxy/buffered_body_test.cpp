#include "buffered_body.hpp"

#include "scripted_downstream.hpp"

#include <gtest/gtest.h>

#include <string>

namespace inferway::proxy {
namespace {

struct Counters final : telemetry::Shard {
  void finish(telemetry::Record const&) override {}
  telemetry::BackendCounters& backend(std::string_view) override { return of_backend; }
  telemetry::BackendCounters of_backend;
};

std::string joined(BufferedBody const& body) {
  std::string out;
  for (auto const piece : body.pieces()) out += piece;
  return out;
}

class BufferedBodyTest : public testing::Test {
 protected:
  /// Reads until it is whole; the bytes as they were handed out for scanning.
  std::string read_all(BufferedBody& body) {
    std::string scanned;
    for (int turns = 0; !body.whole() && turns < 10'000; ++turns) {
      auto const piece = body.read_some(downstream);
      EXPECT_TRUE(piece.has_value());
      if (!piece) break;
      if (*piece) scanned += **piece;
    }
    EXPECT_TRUE(body.whole());
    return scanned;
  }

  net::Loop loop;
  BufferedBytes buffered;
  Counters counters;
  ScriptedDownstream downstream{loop};
};

TEST_F(BufferedBodyTest, a_body_that_came_with_the_head_is_neither_copied_nor_charged) {
  downstream.request.framing = http::BodyFraming::length;
  downstream.with_head = "{\"model\":\"m\"}";
  BufferedBody body(loop.blocks(), buffered, 1, counters);
  EXPECT_EQ(read_all(body), downstream.with_head);
  ASSERT_EQ(body.pieces().size(), 1U);
  EXPECT_EQ(body.pieces()[0].data(), downstream.with_head.data());
  EXPECT_EQ(buffered.held, 0U);
}

TEST_F(BufferedBodyTest, takes_bodies_of_any_arrival) {
  for (auto const framing : {http::BodyFraming::length, http::BodyFraming::chunked}) {
    ScriptedDownstream client(loop);
    client.request.framing = framing;
    client.with_head = "front,";
    std::string want = client.with_head;
    for (int i = 0; i < 300; ++i) {
      auto const piece = std::string(static_cast<std::size_t>(1 + i * 7 % 2000), static_cast<char>('a' + i % 26));
      client.later.push_back(piece);
      if (i % 5 == 0) client.later.emplace_back();
      want += piece;
    }
    BufferedBody body(loop.blocks(), buffered, 1 << 30, counters);
    std::string scanned;
    while (!body.whole()) {
      auto const piece = body.read_some(client);
      ASSERT_TRUE(piece.has_value());
      if (*piece) scanned += **piece;
    }
    EXPECT_EQ(scanned, want);
    EXPECT_EQ(joined(body), want);
    EXPECT_EQ(body.bytes(), want.size());
    EXPECT_GE(buffered.held, body.bytes() - client.with_head.size());
  }
  EXPECT_EQ(buffered.held, 0U) << "what was charged is given back";
}

TEST_F(BufferedBodyTest, stops_where_the_process_holds_too_much) {
  downstream.request.framing = http::BodyFraming::length;
  for (int i = 0; i < 100; ++i) downstream.later.emplace_back(10'000, 'x');
  BufferedBody body(loop.blocks(), buffered, 200'000, counters);
  Result<std::optional<std::string_view>> piece;
  while (piece && !body.whole()) piece = body.read_some(downstream);
  ASSERT_FALSE(piece.has_value());
  EXPECT_EQ(piece.error().code, ErrorCode::overloaded);
  EXPECT_EQ(counters.buffered_bytes_refused.get(), 1U);
  EXPECT_LE(buffered.held, 200'000U);
}

TEST_F(BufferedBodyTest, hands_on_why_the_body_ended) {
  downstream.request.framing = http::BodyFraming::chunked;
  downstream.later = {"one"};
  downstream.then_fails = Error{ErrorCode::request_timeout, Side::client, Retry::never, ""};
  BufferedBody body(loop.blocks(), buffered, 1 << 20, counters);
  EXPECT_TRUE(body.read_some(downstream).has_value());
  auto const second = body.read_some(downstream);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::request_timeout);
}

TEST_F(BufferedBodyTest, splicing_changes_those_bytes_and_no_others) {
  std::string const text = "{\"a\":1,\"model\":\"old-name\",\"z\":[2,3]}";
  auto const offset = text.find("\"old-name\"");
  constexpr std::size_t kLength = 10;
  for (std::string_view const value : {"\"n\"", "\"a-much-longer-name-than-before\"", "\"new-name\""}) {
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      for (std::size_t second = cut; second < text.size(); second += 5) {
        ScriptedDownstream client(loop);
        client.request.framing = http::BodyFraming::chunked;
        client.later = {text.substr(0, cut)};
        if (second > cut) client.later.push_back(text.substr(cut, second - cut));
        client.later.push_back(text.substr(second));
        BufferedBody body(loop.blocks(), buffered, 1 << 20, counters);
        while (!body.whole()) ASSERT_TRUE(body.read_some(client).has_value());
        body.splice(offset, kLength, value);
        std::string want = text;
        want.replace(offset, kLength, value);
        ASSERT_EQ(joined(body), want) << cut << " " << second;
        ASSERT_EQ(body.bytes(), want.size());
      }
    }
  }
}

}  // namespace
}  // namespace inferway::proxy
