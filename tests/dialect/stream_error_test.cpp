#include "inferway/dialect/stream_error.hpp"

#include "inferway/base/text.hpp"
#include "reading_events.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace inferway::dialect {
namespace {

using http::StreamApi;
using nlohmann::json;

struct ErrorRow {
  char const* name;
  std::string_view data;
  StreamError want;
};

StreamError said(int status, std::string code, std::string type, std::string message) {
  return {.status = status, .code = std::move(code), .type = std::move(type), .message = std::move(message)};
}

ErrorRow const kRows[] = {
    {"openai", R"({"error":{"message":"Slow \"down\"","type":"requests","param":null,"code":"rate_limit_exceeded"}})",
     said(429, "rate_limit_exceeded", "requests", "Slow \"down\"")},
    {"openai_server", R"({"error":{"message":"Oops","type":"server_error","param":null,"code":null}})",
     said(500, "", "server_error", "Oops")},
    {"vllm", R"({"error":{"message":"EngineCore died","type":"InternalServerError","param":null,"code":500}})",
     said(500, "500", "InternalServerError", "EngineCore died")},
    {"code_as_text", R"({"error":{"message":"x","type":"None","code":"429"}})", said(429, "429", "None", "x")},
    {"azure", R"({"error":{"code":"content_filter","message":"No","status":400}})",
     said(400, "content_filter", "", "No")},
    {"anthropic", R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"})",
     said(529, "", "overloaded_error", "Overloaded")},
    {"gemini", R"({"error":{"code":503,"message":"Busy","status":"UNAVAILABLE"}})",
     said(503, "503", "UNAVAILABLE", "Busy")},
    {"ollama", R"({"error":"model runner has crashed"})", said(0, "", "", "model runner has crashed")},
    {"tgi", R"({"error":"Incomplete generation","error_type":"overloaded"})",
     said(503, "", "overloaded", "Incomplete generation")},
    {"responses", R"({"type":"error","code":"server_error","message":"Oops","param":null,"sequence_number":3})",
     said(500, "server_error", "", "Oops")},
    {"responses_failed",
     R"({"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"Slow"}}})",
     said(429, "rate_limit_exceeded", "", "Slow")},
    {"fastapi", R"({"detail":"Nope"})", said(0, "", "", "Nope")},
    {"text", "out of memory", said(0, "", "", "out of memory")},
    {"status_of_no_error", R"({"error":{"message":"x","code":200}})", said(0, "200", "", "x")},
    {"unknown_word", R"({"error":{"message":"x","type":"new","code":"newer"}})", said(0, "newer", "new", "x")},
    {"number", R"({"error":503})", said(0, "", "", "503")},
    {"empty_object", R"({"error":{}})", said(0, "", "", "")},
    {"lone_surrogate", R"({"error":{"message":"a\ud83d"}})", said(0, "", "", R"(a\ud83d)")},
};

class ReadErrorTest : public testing::TestWithParam<ErrorRow> {};
TEST_P(ReadErrorTest, knows_the_words_of_each_api) {
  auto const& want = GetParam().want;
  auto const got = read_error({.name = "error", .data = GetParam().data, .raw = {}, .has_data = true});
  EXPECT_EQ(got.status, want.status);
  EXPECT_EQ(got.code, want.code);
  EXPECT_EQ(got.type, want.type);
  EXPECT_EQ(got.message, want.message);
}
INSTANTIATE_TEST_SUITE_P(Rows, ReadErrorTest, testing::ValuesIn(kRows), kRowName);

TEST(ReadErrorTest, bounds_what_it_keeps) {
  std::string long_text;
  for (int i = 0; i < 1000; ++i) long_text += "a\u20ac";
  json const body{{"error", {{"message", long_text}, {"type", long_text}, {"code", long_text}}}};
  auto const data = body.dump();
  auto const error = read_error({.name = {}, .data = data, .raw = {}, .has_data = true});
  EXPECT_EQ(error.message.size(), StreamError::kMaxMessageBytes);  // 4 bytes each
  EXPECT_EQ(error.code.size(), StreamError::kMaxWordBytes);
  auto const shifted = json{{"error", "xx" + long_text}}.dump();
  auto const cut = read_error({.name = {}, .data = shifted, .raw = {}, .has_data = true});
  EXPECT_EQ(cut.message.size(), StreamError::kMaxMessageBytes - 1);
  EXPECT_TRUE(is_utf8(cut.message));
}

TEST(ErrorWordsTest, are_the_backends_in_each_dialect) {
  auto const overloaded = said(529, "busy", "overloaded_error", "Too \"busy\"");
  EXPECT_EQ(
      json::parse(error_body(Api::openai, overloaded, "r")),
      json::parse(R"({"error":{"message":"Too \"busy\"","type":"overloaded_error","param":null,"code":"busy"}})"));
  EXPECT_EQ(
      json::parse(error_body(Api::anthropic, overloaded, "r")),
      json::parse(R"({"type":"error","error":{"type":"overloaded_error","message":"Too \"busy\""},"request_id":"r"})"));
  EXPECT_EQ(json::parse(error_body(Api::gemini, overloaded, "r")),
            json::parse(R"({"error":{"code":529,"message":"Too \"busy\"","status":"UNAVAILABLE"}})"));
  EXPECT_EQ(json::parse(error_body(Api::ollama, overloaded, "r")), json::parse(R"({"error":"Too \"busy\""})"));
}

TEST(ErrorWordsTest, follow_the_status_where_the_backend_gave_none) {
  StreamError const silent;
  EXPECT_EQ(json::parse(error_body(Api::openai, silent, "r")).at("error").at("type"), "upstream_error");
  EXPECT_EQ(json::parse(error_body(Api::openai, silent, "r")).at("error").at("code"), json());
  EXPECT_EQ(json::parse(error_body(Api::anthropic, silent, "r")).at("error").at("type"), "api_error");
  EXPECT_EQ(json::parse(error_body(Api::gemini, silent, "r")).at("error").at("code"), 502);
  auto const limited = said(429, "", "RESOURCE_EXHAUSTED", "");
  EXPECT_EQ(json::parse(error_body(Api::gemini, limited, "r")).at("error").at("status"), "RESOURCE_EXHAUSTED");
  EXPECT_EQ(json::parse(error_body(Api::anthropic, limited, "r")).at("error").at("type"), "rate_limit_error");
}

/// What is sent to a client says the same when it is read again.
TEST(ErrorWordsTest, survive_as_events) {
  auto const error = said(429, "rate_limit_exceeded", "rate_limit_error", "Slow\ndown");
  struct Row {
    Api dialect;
    StreamApi stream;
  };
  for (auto const& [dialect, stream] :
       {Row{Api::openai, StreamApi::openai_done}, Row{Api::openai, StreamApi::openai_responses},
        Row{Api::anthropic, StreamApi::anthropic_messages}, Row{Api::gemini, StreamApi::gemini_generate},
        Row{Api::ollama, StreamApi::ollama_lines}, Row{Api::openai, StreamApi::unknown}}) {
    auto const text = error_event(dialect, stream, error, "r");
    auto const event = only_event(stream, text);
    EXPECT_EQ(classify(stream, event.view()), EventKind::error) << text;
    EXPECT_EQ(read_error(event.view()).message, "Slow\ndown") << text;
    if (dialect != Api::ollama) {
      EXPECT_EQ(read_error(event.view()).status, 429) << text;
    }
  }
}

}  // namespace
}  // namespace inferway::dialect
