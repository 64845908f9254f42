// Heads that are taken at one go, with whatever stands behind them: what take() says of one, parse() says too, and what
// it leaves alone is as good as none.

#include "inferway/http/head.hpp"
#include "mutation.hpp"
#include "splits.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace inferway::http {
namespace {

constexpr int kRounds = 20'000;
constexpr HeadLimits kLimits{.bytes = 400, .fields = 8};

auto meaning_of(Field const& field) {
  return std::tuple(field.name.data(), field.name.size(), field.value.data(), field.value.size(), field.id,
                    field.hop_by_hop, field.plain);
}
auto line_of(RequestHead const& head) {
  return std::tuple(head.method, head.target, head.path, head.query, head.has_query, head.host, head.expect_continue,
                    head.upgrade);
}
auto line_of(ResponseHead const& head) { return std::tuple(head.status, head.reason, head.event_stream, head.ndjson); }

template <typename Head>
void expect_same(Head const& one, Head const& other, std::string_view text) {
  EXPECT_EQ(line_of(one), line_of(other)) << text;
  EXPECT_EQ(std::tuple(one.minor_version, one.framing, one.content_length, one.keep_alive),
            std::tuple(other.minor_version, other.framing, other.content_length, other.keep_alive))
      << text;
  ASSERT_EQ(one.fields.size(), other.fields.size()) << text;
  for (std::size_t i = 0; i < one.fields.size(); ++i) {
    EXPECT_EQ(meaning_of(one.fields[i]), meaning_of(other.fields[i])) << text;
  }
}

/// Mutated heads, each with a piece of a body or of another head behind it, in memory of exactly that size. Returns how
/// many of them were taken.
template <typename Head, typename... More>
int take_mutated(Mutator mutator, More... more) {
  int taken = 0;
  Head head;  // is used again, as for the requests of a connection
  for (int round = 0; round < kRounds; ++round) {
    auto const behind = mutator.next().substr(0, static_cast<std::size_t>(round) % 40);
    auto const bytes = copy(mutator.next() + behind);
    auto const text = view(bytes);
    auto const size = head.take(text, kLimits, more...);
    if (size == 0) {
      expect_same(head, Head(), text);
      continue;
    }
    ++taken;
    auto const end = find_head_end(text, 0);
    EXPECT_TRUE(end.has_value() && end->size == size) << text;
    Head parsed;
    EXPECT_TRUE(parsed.parse(text.substr(0, size), kLimits, more...)) << text;
    expect_same(head, parsed, text);
  }
  return taken;
}

TEST(TakeHeadTest, a_request_that_is_taken_is_one_that_parses_alike) {
  EXPECT_GT(take_mutated<RequestHead>(Mutator(kRequestSeeds, kHeadWords, 21)), kRounds / 50);
}

TEST(TakeHeadTest, an_answer_that_is_taken_is_one_that_parses_alike) {
  EXPECT_GT(take_mutated<ResponseHead>(Mutator(kResponseSeeds, kHeadWords, 22), false), kRounds / 50);
  EXPECT_GT(take_mutated<ResponseHead>(Mutator(kResponseSeeds, kHeadWords, 23), true), kRounds / 50);
}

TEST(TakeHeadTest, a_head_is_taken_once_all_of_it_is_there) {
  std::string_view const head = "POST /v1/x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n";
  auto const all = std::string(head) + "{}GET / HTTP/1.1\r\n";
  RequestHead request;
  for (std::size_t size = 0; size < head.size(); ++size) {
    auto const front = copy(head.substr(0, size));
    EXPECT_EQ(request.take(view(front), {}), 0U) << size;
  }
  for (auto size = head.size(); size <= all.size(); ++size) {
    auto const front = copy(all.substr(0, size));
    EXPECT_EQ(request.take(view(front), {}), head.size()) << size;
  }
}

TEST(TakeHeadTest, a_head_beyond_the_limits_is_not_taken) {
  std::string_view const head = "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n";
  RequestHead request;
  EXPECT_EQ(request.take(head, {.bytes = head.size(), .fields = 2}), head.size());
  EXPECT_EQ(request.take(head, {.bytes = head.size() - 1, .fields = 2}), 0U);
  EXPECT_EQ(request.take(head, {.bytes = head.size(), .fields = 1}), 0U);
}

}  // namespace
}  // namespace inferway::http
