// The events of streams, in their order and form.

#include "calls.hpp"

#include <gtest/gtest.h>

namespace inferway::mock {
namespace {

Behaviour three_tokens() {
  Behaviour behaviour;
  behaviour.tokens = 3;
  return behaviour;
}

std::string text_of_chat(Json const& call) {
  return body_of(reply_to(post("/v1/chat/completions", call), {}, three_tokens()))
      .at("choices")
      .at(0)
      .at("message")
      .at("content");
}

TEST(ChatStream, is_role_tokens_reason_and_done) {
  auto call = chat("hi");
  auto const text = text_of_chat(call);
  call["stream"] = true;
  auto const events = events_of(post("/v1/chat/completions", call), three_tokens());
  ASSERT_EQ(events.size(), 1 + 3 + 1 + 1U);
  EXPECT_EQ(data_of(events[0]).at("choices").at(0).at("delta"),
            (Json{{"role", "assistant"}, {"content", ""}, {"refusal", nullptr}}));
  std::string streamed;
  for (std::size_t i = 1; i <= 3; ++i) {
    auto const chunk = data_of(events[i]);
    EXPECT_EQ(chunk.at("object"), "chat.completion.chunk");
    EXPECT_TRUE(chunk.at("choices").at(0).at("finish_reason").is_null());
    EXPECT_FALSE(chunk.contains("usage"));
    streamed += chunk.at("choices").at(0).at("delta").at("content").get<std::string>();
  }
  EXPECT_EQ(streamed, text);
  auto const last = data_of(events[4]).at("choices").at(0);
  EXPECT_EQ(last.at("delta"), Json::object());
  EXPECT_EQ(last.at("finish_reason"), "stop");
  EXPECT_EQ(events[5], "data: [DONE]\n\n");
}

TEST(ChatStream, keeps_id_time_and_model_in_every_chunk) {
  auto call = chat("hi");
  call["stream"] = true;
  auto const events = events_of(post("/v1/chat/completions", call));
  auto const first = data_of(events.front());
  for (std::size_t i = 1; i + 1 < events.size(); ++i) {
    auto const chunk = data_of(events[i]);
    for (auto const* key : {"id", "created", "model"}) EXPECT_EQ(chunk.at(key), first.at(key)) << i;
  }
}

TEST(ChatStream, ends_with_its_usage_when_asked) {
  auto call = chat("hi");
  call["stream"] = true;
  call["stream_options"] = {{"include_usage", true}};
  auto const events = events_of(post("/v1/chat/completions", call), three_tokens());
  ASSERT_EQ(events.size(), 1 + 3 + 1 + 1 + 1U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(data_of(events[i]).at("usage").is_null()) << i;
  auto const usage = data_of(events[5]);
  EXPECT_EQ(usage.at("choices"), Json::array());
  EXPECT_EQ(usage.at("usage").at("total_tokens"), 4);
}

TEST(CompletionStream, has_no_role) {
  auto const events =
      events_of(post("/v1/completions", {{"model", "m"}, {"prompt", "hi"}, {"stream", true}}), three_tokens());
  ASSERT_EQ(events.size(), 3 + 1 + 1U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(data_of(events[i]).at("object"), "text_completion");
    EXPECT_TRUE(data_of(events[i]).at("choices").at(0).at("text").is_string());
  }
  EXPECT_EQ(data_of(events[3]).at("choices").at(0).at("finish_reason"), "stop");
}

TEST(ResponseStream, numbers_its_events_and_names_them_twice) {
  auto const events =
      events_of(post("/v1/responses", {{"model", "m"}, {"input", "hi"}, {"stream", true}}), three_tokens());
  std::vector<std::string> types;
  for (std::size_t i = 0; i < events.size(); ++i) {
    auto const data = data_of(events[i]);
    types.push_back(data.at("type"));
    EXPECT_EQ(data.at("sequence_number"), i);
    EXPECT_TRUE(events[i].starts_with("event: " + types.back() + "\ndata: ")) << events[i];
  }
  EXPECT_EQ(types, (std::vector<std::string>{"response.created", "response.in_progress", "response.output_item.added",
                                             "response.content_part.added", "response.output_text.delta",
                                             "response.output_text.delta", "response.output_text.delta",
                                             "response.output_text.done", "response.content_part.done",
                                             "response.output_item.done", "response.completed"}));
  auto const whole = body_of(reply_to(post("/v1/responses", {{"model", "m"}, {"input", "hi"}}), {}, three_tokens()));
  EXPECT_EQ(data_of(events.back()).at("response"), whole);
}

TEST(ResponseStream, that_is_limited_is_incomplete) {
  auto const events =
      events_of(post("/v1/responses", {{"model", "m"}, {"input", "hi"}, {"stream", true}, {"max_output_tokens", 2}}));
  auto const last = data_of(events.back());
  EXPECT_EQ(last.at("type"), "response.incomplete");
  EXPECT_EQ(last.at("response").at("status"), "incomplete");
  EXPECT_EQ(last.at("response").at("incomplete_details").at("reason"), "max_output_tokens");
}

}  // namespace
}  // namespace inferway::mock
