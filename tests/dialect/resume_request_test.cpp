#include "inferway/dialect/resume.hpp"
#include "reading_events.hpp"

#include <gtest/gtest.h>

namespace inferway::dialect {
namespace {

using config::Resume;

constexpr auto kChat = http::StreamApi::openai_done;

std::string chunk(std::string_view delta) {
  return R"(data: {"id":"a","created":5,"model":"m","choices":[{"index":0,"delta":)" + std::string(delta) + "}]}\n\n";
}

Transcript transcript_of(std::string_view stream, std::size_t limit = 1000) {
  Transcript transcript(limit);
  for (auto const& event : ReadStream(kChat, stream).events) transcript.add(event.view());
  return transcript;
}

std::string const kTwoTokens = chunk(R"({"role":"assistant","content":""})") + chunk(R"({"content":"One"})") +
                               chunk(R"({"content":" \"tw\u00f6"})");

struct CallRow {
  char const* name;
  std::string_view body;
};

constexpr CallRow kFine[] = {
    {"plain", R"({"messages":[{"role":"user","content":"Hi"}],"stream":true})"},
    {"nulls", R"({"stream":true,"n":null,"logprobs":null,"response_format":null,"messages":[{}],"audio":null})"},
    {"falses", R"({"stream":true,"n":1,"logprobs":false,"echo":false,"messages":[{}]})"},
    {"tools", R"({"stream":true,"tools":[{"type":"function"}],"tool_choice":"auto","messages":[{}]})"},
    {"text_format", R"({"stream":true,"response_format":{"type":"text"},"messages":[{}]})"},
};
class FineCallTest : public testing::TestWithParam<CallRow> {};
TEST_P(FineCallTest, can_be_resumed) { EXPECT_EQ(resume_obstacle(GetParam().body), ""); }
INSTANTIATE_TEST_SUITE_P(Rows, FineCallTest, testing::ValuesIn(kFine), kRowName);

constexpr CallRow kRefused[] = {
    {"empty", ""},
    {"no_object", "[]"},
    {"cut", R"({"messages":[{}],"stream":true)"},
    {"no_stream", R"({"messages":[{}]})"},
    {"stream_false", R"({"messages":[{}],"stream":false})"},
    {"no_messages", R"({"stream":true})"},
    {"messages_empty", R"({"stream":true,"messages":[]})"},
    {"messages_text", R"({"stream":true,"messages":"x"})"},
    {"messages_twice", R"({"stream":true,"messages":[{}],"messages":[{}]})"},
    {"escaped_key", R"({"stream":true,"messages":[{}],"\u006e":2})"},
    {"n", R"({"stream":true,"messages":[{}],"n":2})"},
    {"logprobs", R"({"stream":true,"messages":[{}],"logprobs":true})"},
    {"audio", R"({"stream":true,"messages":[{}],"audio":{"voice":"x"}})"},
    {"echo", R"({"stream":true,"messages":[{}],"echo":true})"},
    {"json_object", R"({"stream":true,"messages":[{}],"response_format":{"type":"json_object"}})"},
    {"grammar", R"({"stream":true,"messages":[{}],"guided_regex":"a+"})"},
    {"structured_outputs", R"({"stream":true,"messages":[{}],"structured_outputs":{"json":{}}})"},
    {"forced_call", R"({"stream":true,"messages":[{}],"tool_choice":"required"})"},
    {"named_call", R"({"stream":true,"messages":[{}],"tool_choice":{"type":"function"}})"},
};
class RefusedCallTest : public testing::TestWithParam<CallRow> {};
TEST_P(RefusedCallTest, cannot_be_resumed) {
  EXPECT_NE(resume_obstacle(GetParam().body), "");
  EXPECT_FALSE(can_resume_request(GetParam().body));
}
INSTANTIATE_TEST_SUITE_P(Rows, RefusedCallTest, testing::ValuesIn(kRefused), kRowName);

struct BodyRow {
  char const* name;
  std::string_view body;
  Resume mode;
  std::string_view want;
};
constexpr auto kContinue = Resume::continue_final_message;
constexpr auto kPrefill = Resume::assistant_prefill;
constexpr BodyRow kBodies[] = {
    {"continued", R"({ "messages": [ {"role":"user","content":"Hi"} ] , "stream" : true })", kContinue,
     R"({ "messages": [ {"role":"user","content":"Hi"},{"role":"assistant","content":"One \"tw\u00f6"} ] , "stream" : true ,"continue_final_message":true,"add_generation_prompt":false})"},
    {"prefilled", R"({"messages":[{"role":"user","content":"Hi"}],"stream":true})", kPrefill,
     R"({"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"One \"tw\u00f6"}],"stream":true})"},
    {"limits", R"({"max_tokens":10,"max_completion_tokens":20,"min_tokens":1,"messages":[{"role":"user"}]})", kPrefill,
     R"({"max_tokens":8,"max_completion_tokens":18,"min_tokens":0,"messages":[{"role":"user"},{"role":"assistant","content":"One \"tw\u00f6"}]})"},
    {"limit_null", R"({"max_tokens":null,"messages":[{"role":"user"}]})", kPrefill,
     R"({"max_tokens":null,"messages":[{"role":"user"},{"role":"assistant","content":"One \"tw\u00f6"}]})"},
    {"told_otherwise", R"({"add_generation_prompt":true,"continue_final_message":false,"messages":[{"role":"user"}]})",
     kContinue,
     R"({"add_generation_prompt":false,"continue_final_message":true,"messages":[{"role":"user"},{"role":"assistant","content":"One \"tw\u00f6"}]})"},
    {"partial_already",
     R"({"messages":[{"role":"user"},{"role":"assistant","content":"Zero, "}],"continue_final_message":true,"add_generation_prompt":false})",
     kContinue,
     R"({"messages":[{"role":"user"},{"role":"assistant","content":"Zero, One \"tw\u00f6"}],"continue_final_message":true,"add_generation_prompt":false})"},
    {"partial_parts", R"({"messages":[{"content":[{"type":"text","text":"Zero, "}],"role":"assistant"}]})", kPrefill,
     R"({"messages":[{"content":[{"type":"text","text":"Zero, One \"tw\u00f6"}],"role":"assistant"}]})"},
    {"closed_message", R"({"messages":[{"role":"user"},{"role":"assistant","content":"Zero."}]})", kContinue,
     R"({"messages":[{"role":"user"},{"role":"assistant","content":"Zero."},{"role":"assistant","content":"One \"tw\u00f6"}],"continue_final_message":true,"add_generation_prompt":false})"},
};
class ContinuationTest : public testing::TestWithParam<BodyRow> {};
TEST_P(ContinuationTest, adds_the_text_so_far_and_leaves_all_else) {
  auto const body = continuation_body(GetParam().body, transcript_of(kTwoTokens), GetParam().mode);
  ASSERT_TRUE(body) << body.error().detail;
  EXPECT_EQ(*body, GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, ContinuationTest, testing::ValuesIn(kBodies), kRowName);

TEST(ContinuationTest, is_the_original_call_as_long_as_there_is_no_text) {
  constexpr std::string_view kBody = R"({"messages":[{"role":"user"}],"max_tokens":5})";
  EXPECT_EQ(continuation_body(kBody, Transcript(100), kContinue), kBody);
  EXPECT_EQ(continuation_body(kBody, transcript_of(chunk(R"({"content":" \n"})")), kContinue), kBody);
}

TEST(ContinuationTest, leaves_white_space_at_the_end_to_be_written_again) {
  auto const transcript = transcript_of(chunk(R"({"content":"a \\n"})") + chunk(R"({"content":"\n\u0020"})"));
  auto const body = continuation_body(R"({"max_tokens":5,"messages":[{"role":"user"}]})", transcript, kPrefill);
  EXPECT_EQ(body, R"({"max_tokens":4,"messages":[{"role":"user"},{"role":"assistant","content":"a \\n"}]})");
}

TEST(ContinuationTest, refuses_what_it_cannot_continue) {
  auto const transcript = transcript_of(kTwoTokens);
  EXPECT_FALSE(continuation_body(R"({"messages":[{"role":"user"}]})", transcript, Resume::off));
  for (auto const* const body :
       {"", "{}", "[]", R"({"messages":[]})", R"({"messages":[{"role":"user"})",
        R"({"messages":[{"role":"assistant"}]})",
        R"({"messages":[{"role":"assistant","content":null,"tool_calls":[{}]}]})",
        R"({"messages":[{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"refusal"}]}]})"}) {
    EXPECT_FALSE(continuation_body(body, transcript, kPrefill)) << body;
  }
}

TEST(ContinuationTest, is_not_asked_for_when_all_tokens_were_delivered) {
  auto const transcript = transcript_of(kTwoTokens);
  EXPECT_TRUE(is_exhausted(R"({"messages":[{}],"max_tokens":2})", transcript));
  EXPECT_TRUE(is_exhausted(R"({"messages":[{}],"max_tokens":9,"max_completion_tokens":1})", transcript));
  EXPECT_FALSE(is_exhausted(R"({"messages":[{}],"max_tokens":3})", transcript));
  EXPECT_FALSE(is_exhausted(R"({"messages":[{}],"max_tokens":null})", transcript));
  auto const call = R"({"messages":[{}],"max_tokens":2})";
  EXPECT_EQ(length_event(call, transcript) + last_events(call, transcript),
            "data: {\"id\":\"a\",\"object\":\"chat.completion.chunk\",\"created\":5,\"model\":\"m\","
            "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n"
            "data: [DONE]\n\n");
}

TEST(ContinuationTest, states_usage_at_the_end_when_the_stream_had_stated_it) {
  auto const transcript = transcript_of(
      "data: "
      "{\"id\":\"a\",\"choices\":[{\"delta\":{\"content\":\"x\"}}],\"usage\":{\"prompt_tokens\":4,\"completion_"
      "tokens\":3}}\n\n");
  auto const ending =
      last_events(R"({"messages":[{}],"max_tokens":2,"stream_options":{"include_usage":true}})", transcript);
  EXPECT_NE(ending.find(R"("choices":[],"usage":{"prompt_tokens":4,"completion_tokens":3,"total_tokens":7})"),
            std::string::npos);
}

TEST(ContinuationTest, asks_for_the_usage_alone_when_the_answer_is_finished) {
  constexpr auto kFinish = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
  auto transcript = transcript_of(std::string(kTwoTokens) + kFinish);
  std::string const call = R"({"messages":[{}],"stream_options":{"include_usage":true}})";
  EXPECT_TRUE(lacks_usage(call, transcript));
  auto const body = continuation_body(call, transcript, kPrefill);
  ASSERT_TRUE(body);
  EXPECT_NE(body->find(R"("max_tokens":1)"), std::string::npos) << *body;
  auto const limited =
      continuation_body(R"({"messages":[{}],"max_completion_tokens":9,"min_tokens":2})", transcript, kPrefill);
  ASSERT_TRUE(limited);
  EXPECT_NE(limited->find(R"("max_completion_tokens":1,"min_tokens":0})"), std::string::npos) << *limited;

  ResumedStream resumed(transcript);
  std::string got;
  EventReader reader(http::StreamApi::openai_done);
  reader.feed(
      "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"more\"}}]}\n\n"
      "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n"
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1,\"total_tokens\":10}}\n\n"
      "data: [DONE]\n\n");
  while (auto const event = reader.next()) got.append(resumed.rewrite(*event));
  EXPECT_EQ(got,
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9}}\n\n"
            "data: [DONE]\n\n");
  EXPECT_FALSE(resumed.unfit());
  EXPECT_FALSE(lacks_usage(call, transcript));
}

struct TranscriptRow {
  char const* name;
  std::string stream;
  std::string_view obstacle;
};
TranscriptRow const kTranscripts[] = {
    {"nothing", "", ""},
    {"role", chunk(R"({"role":"assistant"})"), ""},
    {"text", kTwoTokens, ""},
    {"comment", ": x\n\n" + kTwoTokens, ""},
    {"reasoning_with_text", chunk(R"({"reasoning_content":"Hm"})") + chunk(R"({"content":"a"})"), ""},
    {"reasoning", chunk(R"({"reasoning_content":"Hm"})"), "its reasoning has no text behind it"},
    {"tool_call", kTwoTokens + chunk(R"({"tool_calls":[{"index":0}]})"), "a tool call was begun"},
    {"function_call", chunk(R"({"function_call":{"name":"f"}})"), "a tool call was begun"},
    {"audio", chunk(R"({"audio":{"id":"x"}})"), "it has something else than text"},
    {"refusal", chunk(R"({"refusal":"No"})"), "it has something else than text"},
    {"parts", chunk(R"({"content":[{"type":"text","text":"a"}]})"), "it has something else than text"},
    {"second_choice", "data: {\"choices\":[{\"index\":1,\"delta\":{}}]}\n\n", "it has more than one choice"},
    {"two_choices", "data: {\"choices\":[{\"delta\":{}},{\"delta\":{}}]}\n\n", "it has more than one choice"},
    {"logprobs", "data: {\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":{}}]}\n\n", "it has logprobs"},
    {"finished", kTwoTokens + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
     "it has its finish reason"},
    {"done", kTwoTokens + "data: [DONE]\n\n", "it has its finish reason"},
    {"no_json", "data: hello\n\n", "an event was no JSON object"},
    {"half_a_character", chunk(R"({"content":"a\ud83d"})"), "its text ends within a character"},
    {"whole_character", chunk(R"({"content":"a\ud83d"})") + chunk(R"({"content":"\ude00"})"), ""},
    {"too_long", chunk("{\"content\":\"" + std::string(1001, 'a') + "\"}"),
     "its text is longer than what is kept for resuming"},
};
class TranscriptTest : public testing::TestWithParam<TranscriptRow> {};
TEST_P(TranscriptTest, knows_whether_it_can_be_continued) {
  auto const transcript = transcript_of(GetParam().stream);
  EXPECT_EQ(transcript.obstacle(), GetParam().obstacle);
  EXPECT_EQ(transcript.resumable(), GetParam().obstacle.empty());
}
INSTANTIATE_TEST_SUITE_P(Rows, TranscriptTest, testing::ValuesIn(kTranscripts), kRowName);

TEST(TranscriptTest, keeps_what_a_continuation_needs) {
  auto const transcript = transcript_of(kTwoTokens);
  EXPECT_EQ(transcript.text(), R"(One \"tw\u00f6)");
  EXPECT_EQ(transcript.tokens(), 2U);
  EXPECT_EQ(transcript.identity().id, "\"a\"");
  EXPECT_EQ(transcript.identity().created, "5");
  EXPECT_EQ(transcript.identity().system_fingerprint, "");
  EXPECT_TRUE(transcript.role_sent());
}

TEST(TranscriptTest, stays_within_its_limit) {
  Transcript transcript(10'000);
  OwnEvent const event = only_event(kChat, chunk("{\"content\":\"" + std::string(100, 'a') + "\"}"));
  for (int i = 0; i < 10'000; ++i) transcript.add(event.view());
  EXPECT_FALSE(transcript.resumable());
  EXPECT_LT(transcript.bytes(), 2'000U);
}

}  // namespace
}  // namespace inferway::dialect
