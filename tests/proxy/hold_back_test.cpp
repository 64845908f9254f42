#include "hold_back.hpp"

#include <gtest/gtest.h>

#include <string>

namespace inferway::proxy {
namespace {

using Found = HoldBack::Found;
using http::StreamApi;

std::string const kRole = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
std::string const kText = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
std::string const kEnd = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
std::string const kError = "data: {\"error\":{\"message\":\"no\",\"code\":\"rate_limit_exceeded\"}}\n\n";

struct Row {
  char const* name;
  StreamApi api;
  std::string stream;
  Found found;
};
Row const kRows[] = {
    {"role", StreamApi::openai_done, kRole, Found::nothing},
    {"comments", StreamApi::openai_done, ": ping\n\n: ping\n\n", Found::nothing},
    {"role_then_text", StreamApi::openai_done, kRole + kText, Found::content},
    {"an_empty_answer", StreamApi::openai_done, kRole + kEnd, Found::content},
    {"an_error", StreamApi::openai_done, kRole + kError, Found::error},
    {"an_error_behind_text", StreamApi::openai_done, kRole + kText + kError, Found::content},
    {"an_error_of_plain_text", StreamApi::openai_done, kRole + "event: error\ndata: no\n\n", Found::error},
    {"no_json", StreamApi::openai_done, kRole + "data: {\"choices\":[\n\n", Found::broken},
    {"anthropic", StreamApi::anthropic_messages,
     "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"content\":[]}}\n\nevent: ping\ndata: "
     "{\"type\":\"ping\"}\n\n",
     Found::nothing},
    {"unknown_api", StreamApi::unknown, "data: anything\n\n", Found::content},
    {"half_an_event", StreamApi::openai_done, kRole + kText.substr(0, kText.size() - 1), Found::nothing},
};

class HoldBackTest : public testing::TestWithParam<Row> {};

TEST_P(HoldBackTest, finds_the_same_however_the_bytes_come) {
  auto const& row = GetParam();
  net::BlockPool pool;
  for (std::size_t size = 1; size <= row.stream.size(); ++size) {
    HoldBack held(row.api, pool);
    auto found = Found::nothing;
    std::size_t at = 0;
    for (; at < row.stream.size() && found == Found::nothing; at += size) {
      std::string_view const piece = std::string_view(row.stream).substr(at, size);
      found = held.feed({&piece, 1});
    }
    EXPECT_EQ(found, row.found) << "in pieces of " << size;
    EXPECT_EQ(held.held(), row.stream.substr(0, at)) << "nothing is lost";
  }
}
INSTANTIATE_TEST_SUITE_P(Rows, HoldBackTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(HoldBackTest, says_what_the_backend_said) {
  net::BlockPool pool;
  HoldBack held(StreamApi::openai_done, pool);
  std::string_view const pieces[] = {kRole, kError};
  ASSERT_EQ(held.feed(pieces), Found::error);
  EXPECT_EQ(held.error().status, 429);
  EXPECT_EQ(held.error().code, "rate_limit_exceeded");
  EXPECT_EQ(held.error().message, "no");
}

TEST(HoldBackTest, is_bounded_in_events_and_in_bytes) {
  net::BlockPool pool;
  HoldBack events(StreamApi::openai_done, pool);
  std::string_view const ping = ": ping\n\n";
  for (std::size_t i = 0; i < HoldBack::kMaxEvents; ++i) EXPECT_EQ(events.feed({&ping, 1}), Found::nothing);
  EXPECT_EQ(events.feed({&ping, 1}), Found::content);
  HoldBack bytes(StreamApi::openai_done, pool);
  std::string const comment = ":" + std::string(HoldBack::kMaxBytes, 'x');
  std::string_view const piece = comment;
  EXPECT_EQ(bytes.feed({&piece, 1}), Found::content);
}

TEST(HoldBackTest, an_end_before_the_terminal_event_is_a_cut) {
  net::BlockPool pool;
  HoldBack cut(StreamApi::openai_done, pool);
  std::string_view const role = kRole;
  ASSERT_EQ(cut.feed({&role, 1}), Found::nothing);
  EXPECT_TRUE(cut.end_is_cut());
  HoldBack unknown(StreamApi::unknown, pool);
  EXPECT_FALSE(unknown.end_is_cut());
}

}  // namespace
}  // namespace inferway::proxy
