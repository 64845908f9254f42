#include "inferway/http/event_scanner.hpp"

#include "splits.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace inferway::http {
namespace {

constexpr auto kUnknown = StreamApi::unknown;
constexpr auto kChat = StreamApi::openai_done;
constexpr auto kResponses = StreamApi::openai_responses;
constexpr auto kMessages = StreamApi::anthropic_messages;
constexpr auto kGemini = StreamApi::gemini_generate;
constexpr auto kOllama = StreamApi::ollama_lines;

enum class Ends : std::uint8_t { open, finished, failed };

struct StreamRow {
  char const* name;
  StreamApi api;
  std::string_view stream;
  Ends ends = Ends::open;
  std::size_t bytes_open = 0;  ///< behind the last event that is complete
};
constexpr StreamRow kChatRows[] = {
    {"nothing", kChat, ""},
    {"delta", kChat, "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n"},
    {"done", kChat, "data: {}\n\ndata: [DONE]\n\n", Ends::finished},
    {"done_without_space", kChat, "data:[DONE]\n\n", Ends::finished},
    {"done_with_two_spaces", kChat, "data:  [DONE]\n\n"},
    {"done_with_more_behind", kChat, "data: [DONE] \n\n", Ends::finished},
    {"done_by_crlf", kChat, "data: [DONE]\r\n\r\n", Ends::finished},
    {"done_by_cr", kChat, "data: [DONE]\r\r", Ends::finished},
    {"done_by_mixed_line_ends", kChat, "data: {}\r\n\ndata: [DONE]\n\r\n", Ends::finished},
    {"done_with_name_and_id", kChat, "id: 7\nevent: done\nretry: 1\ndata: [DONE]\n\n", Ends::finished},
    {"done_behind_byte_order_mark", kChat,
     "\xEF\xBB\xBF"
     "data: [DONE]\n\n",
     Ends::finished},
    {"byte_order_mark_later", kChat,
     "data: {}\n\n\xEF\xBB\xBF"
     "data: [DONE]\n\n"},
    {"byte_order_mark_alone", kChat, "\xEF\xBB\xBF\n"},
    {"done_line_not_complete", kChat, "data: {}\n\ndata: [DONE]", Ends::open, 12},
    {"done_event_not_complete", kChat, "data: {}\n\ndata: [DONE]\n", Ends::open, 13},
    {"done_in_a_comment", kChat, ": data: [DONE]\n\n"},
    {"done_in_another_field", kChat, "datax: [DONE]\n\ndat: [DONE]\n\nDATA: [DONE]\n\n data: [DONE]\n\n"},
    {"done_as_event_name", kChat, "event: [DONE]\ndata: {}\n\n"},
    {"done_in_second_data_line", kChat, "data: x\ndata: [DONE]\n\n"},
    {"done_in_content", kChat, "data: {\"content\":\"data: [DONE]\"}\n\n"},
    {"done_cut_short", kChat, "data: [DONE\n\n"},
    {"done_over_two_lines", kChat, "data: [DO\ndata: NE]\n\n"},
    {"error_object", kChat, "data: {\"error\":{\"message\":\"overloaded\"}}\n\n", Ends::failed},
    {"error_string", kChat, "data: {\"error\":\"x\"}\n\n", Ends::failed},
    {"error_number", kChat, "data: {\"error\":500}\n\n", Ends::failed},
    {"error_null", kChat, "data: {\"id\":1,\"error\":null}\n\n"},
    {"error_false", kChat, "data: {\"error\":false}\n\n"},
    {"error_empty", kChat, "data: {\"error\":\"\"}\n\n"},
    {"error_below_the_top", kChat, "data: {\"choices\":[{\"error\":{\"x\":1}}]}\n\n"},
    {"error_in_content", kChat, "data: {\"content\":\"{\\\"error\\\":{}}\"}\n\n"},
    {"error_as_value", kChat, "data: {\"content\":\"error\"}\n\n"},
    {"error_over_several_lines", kChat, "data: {\ndata: \"error\"\ndata: : {}\ndata: }\n\n", Ends::failed},
    {"error_event", kChat, "event: error\ndata: {\"message\":\"x\"}\n\n", Ends::failed},
    {"error_event_named_last", kChat, "data: {}\nevent: error\n\n", Ends::failed},
    {"error_event_renamed", kChat, "event: error\nevent: x\ndata: {}\n\n"},
    {"error_event_without_data", kChat, "event: error\n\n"},
    {"error_event_name_ends_with_its_event", kChat, "event: error\n\ndata: {}\n\n"},
    {"error_then_done", kChat, "data: {\"error\":{}}\n\ndata: [DONE]\n\n", Ends::failed},
    {"data_without_colon", kChat, "data\n\n"},
    {"comments", kChat, ": keep-alive\n\n:\n\n"},
    {"blank_lines", kChat, "\n\r\n\r\r\n"},
    {"event_open", kChat, "data: {}\n\nda", Ends::open, 2},
    {"comment_open", kChat, "data: {}\n\n: x\n", Ends::open, 4},
    {"usual", kUnknown, "data: {}\n\ndata: [DONE]\n\n"},
    {"error_of_unknown_api", kUnknown, "data: {\"error\":{}}\n\n", Ends::failed},
};
constexpr StreamRow kTypedRows[] = {
    {"completed", kResponses, "event: response.completed\ndata: {\"type\":\"response.completed\"}\n\n", Ends::finished},
    {"failed", kResponses, "event: response.failed\ndata: {}\n\n", Ends::finished},
    {"incomplete", kResponses, "event: response.incomplete\ndata: {}\n\n", Ends::finished},
    {"completed_by_type_alone", kResponses, "data: {\"type\":\"response.completed\",\"response\":{}}\n\n",
     Ends::finished},
    {"completed_by_type_behind_much", kResponses, "data: {\"a\":{\"type\":\"x\"},\"type\":\"response.failed\"}\n\n",
     Ends::finished},
    {"name_goes_before_type", kResponses, "event: x\ndata: {\"type\":\"response.completed\"}\n\n"},
    {"created_with_error_null_inside", kResponses,
     "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"error\":null}}\n\n"},
    {"error_inside_of_response", kResponses,
     "event: response.in_progress\ndata: {\"response\":{\"error\":{\"code\":\"x\"}}}\n\n"},
    {"longer_type", kResponses, "event: response.completed.x\ndata: {}\n\n"},
    {"much_longer_type", kResponses, "event: response.completed.and.then.much.more\ndata: {}\n\n"},
    {"type_in_text", kResponses, "data: {\"delta\":\"\\\"type\\\":\\\"response.completed\\\"\"}\n\n"},
    {"type_below_the_top", kResponses, "data: {\"item\":{\"type\":\"response.completed\"}}\n\n"},
    {"done_means_nothing", kResponses, "data: [DONE]\n\n"},
    {"error_by_type", kResponses, "data: {\"type\":\"error\",\"code\":\"x\"}\n\n", Ends::failed},
    {"error_by_name", kResponses, "event: error\ndata: {\"code\":\"x\"}\n\n", Ends::failed},
    {"message_stop", kMessages, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", Ends::finished},
    {"message_stop_without_space", kMessages, "event:message_stop\ndata:{\"type\":\"message_stop\" }\n\n",
     Ends::finished},
    {"message_stop_without_data", kMessages, "event: message_stop\n\n"},
    {"message_stop_by_type", kMessages, "data: {\"type\":\"message_stop\"}\n\n", Ends::finished},
    {"message_stop_in_text", kMessages,
     "event: content_block_delta\ndata: {\"delta\":{\"text\":\"event: message_stop\"}}\n\n"},
    {"message_delta", kMessages, "event: message_delta\ndata: {\"type\":\"message_delta\"}\n\n"},
    {"overloaded", kMessages, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n",
     Ends::failed},
    {"comment_behind_message_stop", kMessages, "event: message_stop\ndata: {}\n\n: x\n\n", Ends::finished},
};
constexpr StreamRow kGeminiRows[] = {
    {"delta", kGemini, "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\r\n\r\n"},
    {"stop", kGemini, "data: {\"candidates\":[{\"content\":{},\"finishReason\":\"STOP\",\"index\":0}]}\r\n\r\n",
     Ends::finished},
    {"stop_of_second", kGemini, "data: {\"candidates\":[{\"index\":0},{\"finishReason\" : \"STOP\"}]}\r\n\r\n",
     Ends::finished},
    {"stop_null", kGemini, "data: {\"candidates\":[{\"finishReason\":null}]}\r\n\r\n"},
    {"stop_in_text", kGemini,
     "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\\\"finishReason\\\":\\\"STOP\\\"\"}]}}]}\r\n\r\n"},
    {"stop_in_arguments", kGemini,
     "data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"args\":{\"finishReason\":\"x\"}}}]}}]}"
     "\r\n\r\n"},
    {"stop_as_value", kGemini, "data: {\"candidates\":[{\"text\":\"finishReason\"}]}\r\n\r\n"},
    {"stop_at_the_top", kGemini, "data: {\"finishReason\":\"STOP\"}\r\n\r\n"},
    {"blocked", kGemini, "data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}\r\n\r\n", Ends::finished},
    {"feedback_without_block", kGemini, "data: {\"promptFeedback\":{\"safetyRatings\":[]}}\r\n\r\n"},
    {"usage_behind_stop", kGemini,
     "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\r\n\r\ndata: {\"usageMetadata\":{}}\r\n\r\n",
     Ends::finished},
    {"error", kGemini, "data: {\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\"}}\r\n\r\n", Ends::failed},
};
constexpr StreamRow kOllamaRows[] = {
    {"line", kOllama, "{\"message\":{\"content\":\"a\"},\"done\":false}\n"},
    {"done", kOllama, "{\"done\":false}\n{\"done\":true,\"done_reason\":\"stop\"}\n", Ends::finished},
    {"done_with_blanks", kOllama, "{ \"done\" : true }\r\n", Ends::finished},
    {"done_without_line_end", kOllama, "{\"done\":false}\n{\"done\":true}", Ends::open, 13},
    {"done_in_content", kOllama, "{\"response\":\"\\\"done\\\":true\",\"done\":false}\n"},
    {"done_below_the_top", kOllama, "{\"message\":{\"done\":true},\"done\":false}\n"},
    {"done_as_string", kOllama, "{\"done\":\"true\"}\n"},
    {"true_elsewhere", kOllama, "{\"x\":true,\"done\":false}\n"},
    {"error", kOllama, "{\"error\":\"model runner has crashed\"}\n", Ends::failed},
    {"error_in_content", kOllama, "{\"response\":\"{\\\"error\\\":1}\",\"done\":false}\n"},
    {"cr_ends_no_line", kOllama, "{\"done\":true}\r", Ends::open, 14},
    {"blank_lines", kOllama, "\n\n"},
};

class EventStreamTest : public testing::TestWithParam<StreamRow> {};

TEST_P(EventStreamTest, is_understood_alike_however_it_arrives) {
  auto const& row = GetParam();
  for_each_split(row.stream, [&](Pieces const& pieces) {
    EventScanner scanner(row.api);
    std::size_t fed = 0;
    std::size_t complete = 0;
    for (auto const& piece : pieces) {
      auto const in_piece = scanner.feed(view(piece));
      ASSERT_LE(in_piece, piece.size());
      if (in_piece > 0) complete = fed + in_piece;
      fed += piece.size();
    }
    EXPECT_EQ(scanner.finished(), row.ends != Ends::open) << describe(pieces);
    EXPECT_EQ(scanner.failed(), row.ends == Ends::failed) << describe(pieces);
    EXPECT_EQ(complete, row.stream.size() - row.bytes_open) << describe(pieces);
    EXPECT_EQ(scanner.at_boundary(), row.bytes_open == 0) << describe(pieces);
    EXPECT_EQ(scanner.has_terminal(), row.api != kUnknown);
  });
}
INSTANTIATE_TEST_SUITE_P(Chat, EventStreamTest, testing::ValuesIn(kChatRows), kRowName);
INSTANTIATE_TEST_SUITE_P(Typed, EventStreamTest, testing::ValuesIn(kTypedRows), kRowName);
INSTANTIATE_TEST_SUITE_P(Gemini, EventStreamTest, testing::ValuesIn(kGeminiRows), kRowName);
INSTANTIATE_TEST_SUITE_P(Ollama, EventStreamTest, testing::ValuesIn(kOllamaRows), kRowName);

/// Where the events that are complete end, and what was in them.
struct Outcome {
  std::size_t complete = 0;
  std::uint64_t events = 0;
  bool finished = false;
  bool failed = false;
  bool at_boundary = false;
  bool operator==(Outcome const&) const = default;
};

Outcome outcome(StreamApi api, Pieces const& pieces) {
  EventScanner scanner(api);
  Outcome out;
  std::size_t fed = 0;
  for (auto const& piece : pieces) {
    auto const in_piece = scanner.feed(view(piece));
    if (in_piece > 0) out.complete = fed + in_piece;
    fed += piece.size();
  }
  out.events = scanner.events();
  out.finished = scanner.finished();
  out.failed = scanner.failed();
  out.at_boundary = scanner.at_boundary();
  return out;
}

/// Streams of all that events are made of, in and out of its place.
std::string random_stream(std::mt19937& random) {
  static constexpr std::string_view kParts[] = {
      "\n",
      "\n",
      "\n\n",
      "\n\n",
      "\r\n",
      "\r\n\r\n",
      "\r",
      "data: ",
      "data:",
      "data: ",
      "data",
      "event: ",
      "event:",
      "id: 7",
      ": ping",
      " ",
      "x",
      "[DONE]",
      "error",
      "message_stop",
      "response.completed",
      "{}",
      "{\"error\":{}}",
      "{\"error\":null}",
      "{\"type\":\"error\"}",
      "{\"type\":\"message_stop\"}",
      "{\"candidates\":[{\"finishReason\":\"STOP\"}]}",
      "{\"done\":true}",
      "{\"choices\":[{\"delta\":{\"content\":\" token\"},\"finish_reason\":null}]}",
      "\xEF\xBB\xBF",
      "data: {\"a\":\"a longer text than one block\"}\n\n",
      "event: x\ndata: {\"b\":1}\n\n"};
  std::string out;
  for (auto left = random() % 14; left > 0; --left) out += kParts[random() % std::size(kParts)];
  return out;
}

/// Fed byte by byte no line is ever whole, so that none is taken the short way.
TEST(EventScannerTest, reads_random_streams_as_it_does_byte_by_byte) {
  std::mt19937 random(6);
  for (int round = 0; round < 3000; ++round) {
    auto const stream = random_stream(random);
    Pieces bytes;
    for (char const c : stream) bytes.push_back({c});
    for (auto const api : {kUnknown, kChat, kResponses, kMessages, kGemini, kOllama}) {
      auto const want = outcome(api, bytes);
      for_each_split(stream, [&](Pieces const& pieces) {
        auto const got = outcome(api, pieces);
        ASSERT_EQ(got.complete, want.complete) << stream << describe(pieces);
        ASSERT_EQ(got.events, want.events) << stream << describe(pieces);
        ASSERT_EQ(got, want) << stream << describe(pieces);
      });
      if (HasFatalFailure()) return;
    }
  }
}

TEST(EventScannerTest, tells_how_far_the_events_of_a_piece_are_complete) {
  EventScanner scanner(kChat);
  EXPECT_EQ(scanner.feed("data: a\n"), 0U);
  EXPECT_FALSE(scanner.at_boundary());
  EXPECT_EQ(scanner.feed("\ndata: b\n\ndata"), 10U);
  EXPECT_FALSE(scanner.at_boundary());
  EXPECT_EQ(scanner.feed(": c\r\n\r"), 6U);
  EXPECT_TRUE(scanner.at_boundary());
  EXPECT_EQ(scanner.feed("\n"), 1U);  // the rest of the line end before
  EXPECT_TRUE(scanner.at_boundary());
  EXPECT_EQ(scanner.feed(""), 0U);
  EXPECT_TRUE(scanner.at_boundary());
}

TEST(EventScannerTest, counts_no_line_that_is_empty) {
  for_each_split("{}\r\n\r\n\n{}\n\r\r\n", [](Pieces const& pieces) {
    EXPECT_EQ(outcome(kOllama, pieces).events, 3U)
        << describe(pieces);  // of two CRs only one belongs to the line's end
  });
}

TEST(EventScannerTest, sees_the_end_behind_data_of_any_size) {
  EventScanner scanner(kGemini);
  EXPECT_EQ(scanner.feed("data: {\"candidates\":[{\"content\":{\"parts\":[{\"inlineData\":{\"data\":\""), 0U);
  std::string const image(100'000, 'A');
  for (int i = 0; i < 20; ++i) EXPECT_EQ(scanner.feed(image), 0U);
  EXPECT_EQ(scanner.feed("\"}}]},\"finishReason\":\"STOP\"}]}\r\n\r\n"), 34U);
  EXPECT_TRUE(scanner.finished());
}

}  // namespace
}  // namespace inferway::http
