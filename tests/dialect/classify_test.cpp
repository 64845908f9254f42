#include "inferway/dialect/stream_events.hpp"
#include "reading_events.hpp"

#include <gtest/gtest.h>

namespace inferway::dialect {
namespace {

constexpr auto kChat = http::StreamApi::openai_done;
constexpr auto kResponses = http::StreamApi::openai_responses;
constexpr auto kMessages = http::StreamApi::anthropic_messages;
constexpr auto kGemini = http::StreamApi::gemini_generate;
constexpr auto kOllama = http::StreamApi::ollama_lines;
constexpr auto kUnknown = http::StreamApi::unknown;
using enum EventKind;

struct KindRow {
  char const* name;
  http::StreamApi api;
  EventKind kind;
  std::string_view data;
  std::string_view event{};
};

constexpr KindRow kChatRows[] = {
    {"role", kChat, lifecycle,
     R"({"id":"c1","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}],"usage":null})"},
    {"role_of_a_call", kChat, lifecycle,
     R"({"choices":[{"delta":{"role":"assistant","content":null,"tool_calls":[ ]}}]})"},
    {"role_of_an_open_server", kChat, lifecycle,
     R"({"choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning_content":null},"logprobs":null,"finish_reason":"","token_ids":null}],"prompt_token_ids":[1]})"},
    {"role_with_usage", kChat, lifecycle,
     R"({"choices":[{"delta":{"role":"assistant","content":""}}],"usage":{"prompt_tokens":5,"completion_tokens":0}})"},
    {"two_roles", kChat, lifecycle,
     R"({"choices":[{"index":0,"delta":{"role":"assistant"}},{"index":1,"delta":{"role":"assistant"}}]})"},
    {"azure_front", kChat, lifecycle,
     R"({"choices":[],"id":"","model":"","prompt_filter_results":[{"prompt_index":0}]})"},
    {"empty_text", kChat, lifecycle,
     R"({"object":"text_completion","choices":[{"text":"","index":0,"finish_reason":null}]})"},
    {"text", kChat, content, R"({"choices":[{"text":" ","index":0}]})"},
    {"content", kChat, content, R"({"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]})"},
    {"content_with_role", kChat, content, R"({"choices":[{"delta":{"role":"assistant","content":"Hi"}}]})"},
    {"content_of_second", kChat, content, R"({"choices":[{"delta":{"role":"assistant"}},{"delta":{"content":"x"}}]})"},
    {"parts", kChat, content, R"({"choices":[{"delta":{"content":[{"type":"text","text":"a"}]}}]})"},
    {"reasoning", kChat, content, R"({"choices":[{"delta":{"content":null,"reasoning_content":"Hm"}}]})"},
    {"refusal", kChat, content, R"({"choices":[{"delta":{"refusal":"No"}}]})"},
    {"tool_call", kChat, content,
     R"({"choices":[{"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]}}]})"},
    {"function_call", kChat, content, R"({"choices":[{"delta":{"function_call":{"name":"f"}}}]})"},
    {"unknown_delta", kChat, content, R"({"choices":[{"delta":{"pictures":[1]}}]})"},
    {"no_choices", kChat, content, R"({"id":"c1"})"},
    {"usage", kChat, content, R"({"choices":[],"usage":{"prompt_tokens":5}})"},
    {"no_json", kChat, content, "hello"},
    {"cut", kChat, content, R"({"choices":[{"delta":{"role":"assistant"}}])"},
    {"array", kChat, content, "[]"},
    {"finish", kChat, terminal, R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"},
    {"finish_with_content", kChat, terminal, R"({"choices":[{"delta":{"content":"x"},"finish_reason":"length"}]})"},
    {"done", kChat, terminal, "[DONE]"},
    {"error_object", kChat, error, R"({"error":{"message":"x"}})"},
    {"error_string", kChat, error, R"({"error":"x","error_type":"generation"})"},
    {"error_null", kChat, content, R"({"error":null,"choices":[{"delta":{"content":"a"}}]})"},
    {"error_false", kChat, lifecycle, R"({"error":false,"choices":[{"delta":{}}]})"},
    {"error_name", kChat, error, R"({"message":"x"})", "error"},
    {"error_in_content", kChat, content, R"({"choices":[{"delta":{"content":"{\"error\":1}"}}]})"},
};
constexpr KindRow kResponsesRows[] = {
    {"created", kResponses, lifecycle, R"({"type":"response.created","response":{"error":null,"output":[]}})",
     "response.created"},
    {"created_by_type", kResponses, lifecycle, R"({"type":"response.created"})"},
    {"queued", kResponses, lifecycle, "{}", "response.queued"},
    {"in_progress", kResponses, lifecycle, "{}", "response.in_progress"},
    {"message_added", kResponses, lifecycle,
     R"({"item":{"id":"m","type":"message","status":"in_progress","role":"assistant","content":[]}})",
     "response.output_item.added"},
    {"reasoning_added", kResponses, lifecycle, R"({"item":{"id":"r","type":"reasoning","summary":[]}})",
     "response.output_item.added"},
    {"call_added", kResponses, content, R"({"item":{"type":"function_call","name":"f","arguments":""}})",
     "response.output_item.added"},
    {"part_added", kResponses, lifecycle, R"({"part":{"type":"output_text","text":"","annotations":[],"logprobs":[]}})",
     "response.content_part.added"},
    {"part_with_text", kResponses, content, R"({"part":{"type":"output_text","text":"a"}})",
     "response.content_part.added"},
    {"summary_part_added", kResponses, lifecycle, R"({"part":{"type":"summary_text","text":""}})",
     "response.reasoning_summary_part.added"},
    {"delta", kResponses, content, R"({"delta":"a"})", "response.output_text.delta"},
    {"unknown_type", kResponses, content, "{}", "response.new_thing"},
    {"completed", kResponses, terminal, R"({"response":{"error":null}})", "response.completed"},
    {"incomplete", kResponses, terminal, "{}", "response.incomplete"},
    {"failed", kResponses, error, R"({"response":{"error":{"code":"server_error"}}})", "response.failed"},
    {"error_event", kResponses, error, R"({"type":"error","code":"x","message":"y"})", "error"},
    {"error_by_type", kResponses, error, R"({"type":"error","code":"x","message":"y"})"},
};
constexpr KindRow kMessagesRows[] = {
    {"message_start", kMessages, lifecycle,
     R"({"type":"message_start","message":{"content":[],"usage":{"input_tokens":15}}})", "message_start"},
    {"message_start_with_content", kMessages, content, R"({"message":{"content":[{"type":"text","text":"a"}]}})",
     "message_start"},
    {"ping", kMessages, lifecycle, R"({"type": "ping"})", "ping"},
    {"text_block", kMessages, lifecycle, R"({"index":0,"content_block":{"type":"text","text":""}})",
     "content_block_start"},
    {"thinking_block", kMessages, lifecycle, R"({"content_block":{"type":"thinking","thinking":"","signature":""}})",
     "content_block_start"},
    {"text_block_with_text", kMessages, content, R"({"content_block":{"type":"text","text":"a"}})",
     "content_block_start"},
    {"tool_block", kMessages, content, R"({"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}})",
     "content_block_start"},
    {"redacted_block", kMessages, content, R"({"content_block":{"type":"redacted_thinking","data":"x"}})",
     "content_block_start"},
    {"block_stop", kMessages, lifecycle, "{}", "content_block_stop"},
    {"delta", kMessages, content, R"({"delta":{"type":"text_delta","text":"a"}})", "content_block_delta"},
    {"stop_reason", kMessages, terminal, R"({"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}})",
     "message_delta"},
    {"message_delta", kMessages, content, R"({"delta":{"stop_reason":null}})", "message_delta"},
    {"message_stop", kMessages, terminal, "{}", "message_stop"},
    {"message_stop_by_type", kMessages, terminal, R"({"type":"message_stop"})"},
    {"overloaded", kMessages, error, R"({"type":"error","error":{"type":"overloaded_error"}})", "error"},
    {"unnamed_error", kMessages, error, R"({"type":"error","error":{"type":"overloaded_error"}})"},
    {"unknown_type", kMessages, content, "{}", "surprise"},
};
constexpr KindRow kOtherRows[] = {
    {"gemini_front", kGemini, lifecycle, R"({"usageMetadata":{"promptTokenCount":4},"modelVersion":"g"})"},
    {"gemini_empty_part", kGemini, lifecycle,
     R"({"candidates":[{"content":{"role":"model","parts":[{"text":"","thought":true}]},"index":0}]})"},
    {"gemini_no_content", kGemini, lifecycle, R"({"candidates":[{"index":0}]})"},
    {"gemini_text", kGemini, content, R"({"candidates":[{"content":{"parts":[{"text":"a"}]}}]})"},
    {"gemini_call", kGemini, content, R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}}]}}]})"},
    {"gemini_stop", kGemini, terminal,
     R"({"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]})"},
    {"gemini_blocked", kGemini, terminal, R"({"promptFeedback":{"blockReason":"SAFETY"}})"},
    {"gemini_error", kGemini, error, R"({"error":{"code":503,"status":"UNAVAILABLE"}})"},
    {"ollama_empty", kOllama, lifecycle, R"({"model":"m","message":{"role":"assistant","content":""},"done":false})"},
    {"ollama_content", kOllama, content, R"({"message":{"role":"assistant","content":"a"},"done":false})"},
    {"ollama_thinking", kOllama, content,
     R"({"message":{"role":"assistant","content":"","thinking":"Hm"},"done":false})"},
    {"ollama_call", kOllama, content, R"({"message":{"content":"","tool_calls":[{"function":{}}]},"done":false})"},
    {"ollama_response", kOllama, content, R"({"response":"a","done":false})"},
    {"ollama_empty_response", kOllama, lifecycle, R"({"response":"","done":false})"},
    {"ollama_done", kOllama, terminal,
     R"({"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"})"},
    {"ollama_error", kOllama, error, R"({"error":"model runner has crashed"})"},
    {"ollama_progress", kOllama, content, R"({"status":"pulling"})"},
    {"unknown_anything", kUnknown, content, "{}"},
    {"unknown_error", kUnknown, error, R"({"error":{"message":"x"}})"},
    {"unknown_error_name", kUnknown, error, "x", "error"},
};

std::string stream_of(KindRow const& row) {
  if (row.api == kOllama) return std::string(row.data) + "\n";
  std::string stream;
  if (!row.event.empty()) stream.append("event: ").append(row.event).append("\n");
  return stream.append("data: ").append(row.data).append("\n\n");
}

class ClassifyTest : public testing::TestWithParam<KindRow> {};

TEST_P(ClassifyTest, tells_content_from_what_only_surrounds_it) {
  auto const& row = GetParam();
  auto const event = only_event(row.api, stream_of(row));
  EXPECT_EQ(classify(row.api, event.view()), row.kind);
}

/// What ends a stream by an error must not count as a good end elsewhere.
TEST_P(ClassifyTest, agrees_with_the_scanner_about_errors) {
  auto const& row = GetParam();
  ReadStream const read(row.api, stream_of(row));
  // The last event of a response that failed is a good end of the body: only its content tells.
  bool const failed_response = row.event == "response.failed";
  bool const untold = row.kind == error && row.event.empty() && row.data.starts_with(R"({"type":"error","code")");
  if (failed_response || untold) return;
  EXPECT_EQ(read.scanner().failed(), row.kind == error);
  if (read.scanner().finished() && row.kind != error) {
    EXPECT_EQ(row.kind, terminal);
  }
}
INSTANTIATE_TEST_SUITE_P(Chat, ClassifyTest, testing::ValuesIn(kChatRows), kRowName);
INSTANTIATE_TEST_SUITE_P(Responses, ClassifyTest, testing::ValuesIn(kResponsesRows), kRowName);
INSTANTIATE_TEST_SUITE_P(Messages, ClassifyTest, testing::ValuesIn(kMessagesRows), kRowName);
INSTANTIATE_TEST_SUITE_P(Others, ClassifyTest, testing::ValuesIn(kOtherRows), kRowName);

TEST(ClassifyTest, counts_what_is_no_event_as_lifecycle) {
  for (auto const api : {kChat, kResponses, kMessages, kGemini, kUnknown}) {
    for (std::string_view const stream : {": ping\n\n", "\n", "event: message_stop\n\n", "retry: 5\n\n"}) {
      ReadStream const read(api, stream);
      ASSERT_EQ(read.events.size(), 1U);
      EXPECT_EQ(classify(api, read.events[0].view()), lifecycle) << stream;
      EXPECT_TRUE(is_well_formed(api, read.events[0].view()));
    }
  }
}

TEST(ClassifyTest, is_not_led_astray_by_nesting) {
  auto const deep = "{\"choices\":[{\"delta\":{\"x\":" + std::string(200'000, '[') + std::string(200'000, ']') + "}}]}";
  auto const event = only_event(kChat, "data: " + deep + "\n\n");
  EXPECT_EQ(classify(kChat, event.view()), content);
}

TEST(ClassifyTest, tells_json_objects_from_what_clients_fail_on) {
  auto const formed = [](http::StreamApi api, std::string const& stream) {
    return is_well_formed(api, only_event(api, stream).view());
  };
  EXPECT_TRUE(formed(kChat, "data: {\"a\":[1,{}]} \n\n"));
  EXPECT_TRUE(formed(kChat, "data: {\"a\":\ndata: 1}\n\n"));
  EXPECT_TRUE(formed(kChat, "data: [DONE]\n\n"));
  EXPECT_TRUE(formed(kOllama, "{}\n"));
  EXPECT_TRUE(formed(kUnknown, "data: x\n\n"));
  for (auto const* const bad : {"data: x\n\n", "data:\n\n", "data: {\n\n", "data: {\"a\":1,}\n\n", "data: {}{}\n\n",
                                "data: [1]\n\n", "data: {\"a\" 1}\n\n", "data: {\"a\":\"\\x\"}\n\n"}) {
    EXPECT_FALSE(formed(kChat, bad)) << bad;
  }
}

}  // namespace
}  // namespace inferway::dialect
