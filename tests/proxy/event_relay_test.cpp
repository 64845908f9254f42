#include "event_relay.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace inferway::proxy {
namespace {

using http::StreamApi;

std::string joined(std::span<std::string_view const> pieces) {
  std::string out;
  for (auto const piece : pieces) out += piece;
  return out;
}

constexpr std::string_view kChat =
    "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"
    ": ping\n\n"
    "data: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\r\n\r\n"
    "data: [DONE]\n\n";

class EventRelayTest : public testing::Test {
 protected:
  net::BlockPool pool;
};

TEST_F(EventRelayTest, lets_whole_events_through_without_delay) {
  EventRelay relay(StreamApi::openai_done, pool);
  std::string_view const pieces[] = {"data: 1\n\n", "data: 2\n\n"};
  EXPECT_EQ(joined(relay.feed(pieces)), "data: 1\n\ndata: 2\n\n");
  EXPECT_FALSE(relay.complete());
}

TEST_F(EventRelayTest, holds_what_is_behind_the_last_whole_event) {
  EventRelay relay(StreamApi::openai_done, pool);
  std::string_view const first[] = {"data: 1\n\ndata: 2"};
  EXPECT_EQ(joined(relay.feed(first)), "data: 1\n\n");
  EXPECT_TRUE(relay.at_boundary());
  std::string_view const second[] = {"2\n"};
  EXPECT_EQ(joined(relay.feed(second)), "");
  std::string_view const third[] = {"\ndata: [DO", "NE]\n\n"};
  EXPECT_EQ(joined(relay.feed(third)), "data: 22\n\ndata: [DONE]\n\n");
  EXPECT_TRUE(relay.complete());
}

TEST_F(EventRelayTest, passes_every_byte_in_order_however_the_stream_is_split) {
  for (std::size_t at = 0; at <= kChat.size(); ++at) {
    for (std::size_t width : {std::size_t{1}, std::size_t{3}, kChat.size()}) {
      EventRelay relay(StreamApi::openai_done, pool);
      std::string got;
      std::vector<std::string_view> pieces{kChat.substr(0, at)};
      for (std::size_t i = at; i < kChat.size(); i += width) pieces.push_back(kChat.substr(i, width));
      for (auto const piece : pieces) {
        got += joined(relay.feed({&piece, 1}));
        // What went out ends with an event, so that one of our own can follow.
        ASSERT_TRUE(got.empty() || got.ends_with('\n') || got.ends_with('\r')) << got;
      }
      got += joined(relay.rest());
      ASSERT_EQ(got, kChat) << at << " " << width;
      ASSERT_TRUE(relay.complete());
    }
  }
}

TEST_F(EventRelayTest, an_event_too_large_to_hold_goes_through_in_parts) {
  EventRelay relay(StreamApi::openai_done, pool);
  std::string const image = "data: {\"b64\":\"" + std::string(300'000, 'A') + "\"}\n\n";
  std::string got;
  for (std::size_t i = 0; i < image.size(); i += 10'000) {
    std::string_view const piece = std::string_view(image).substr(i, 10'000);
    got += joined(relay.feed({&piece, 1}));
    if (i > 2 * EventRelay::kMaxHeld && i + 10'000 < image.size()) {
      EXPECT_FALSE(relay.at_boundary()) << "no event can be placed inside another one";
    }
  }
  EXPECT_EQ(got, image);
  EXPECT_TRUE(relay.at_boundary());
}

struct EndRow {
  char const* name;
  StreamApi api;
  std::string_view stream;
  bool complete;
};
constexpr EndRow kEnds[] = {
    {"openai_done", StreamApi::openai_done, "data: {}\n\ndata: [DONE]\n\n", true},
    {"openai_done_without_empty_line", StreamApi::openai_done, "data: {}\n\ndata: [DONE]\n", true},
    {"openai_cut", StreamApi::openai_done, "data: {}\n\n", false},
    {"openai_empty", StreamApi::openai_done, "", false},
    {"openai_own_error", StreamApi::openai_done, "data: {\"error\":{\"message\":\"x\"}}\n\n", true},
    {"anthropic_stop", StreamApi::anthropic_messages, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
     true},
    {"anthropic_cut", StreamApi::anthropic_messages, "event: ping\ndata: {\"type\":\"ping\"}\n\n", false},
    {"unknown_api", StreamApi::unknown, "data: 1\n\n", true},
    {"ollama_done", StreamApi::ollama_lines, "{\"done\":false}\n{\"done\":true}\n", true},
    {"ollama_cut", StreamApi::ollama_lines, "{\"done\":false}\n", false},
};
class StreamEndTest : public testing::TestWithParam<EndRow> {};

TEST_P(StreamEndTest, knows_a_good_end_from_a_cut) {
  net::BlockPool pool;
  EventRelay relay(GetParam().api, pool);
  auto const stream = GetParam().stream;
  auto got = joined(relay.feed({&stream, 1}));
  got += joined(relay.rest());
  EXPECT_EQ(relay.complete(), GetParam().complete);
  EXPECT_EQ(got, stream);
}
INSTANTIATE_TEST_SUITE_P(Rows, StreamEndTest, testing::ValuesIn(kEnds),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::proxy
