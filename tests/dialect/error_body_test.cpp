#include "http/splits.hpp"
#include "inferway/dialect/dialect.hpp"
#include "inferway/http/answer.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace inferway::dialect {
namespace {

using nlohmann::json;

constexpr std::string_view kAwkward = "no \"route\" for C:\\x\n\x01 caf\xC3\xA9 \xFF";
constexpr std::string_view kAwkwardRead = "no \"route\" for C:\\x\n\x01 caf\xC3\xA9 \xEF\xBF\xBD";

constexpr auto all_codes = [] {
  std::array<ErrorCode, kErrorCodeCount> codes{};
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<ErrorCode>(i);
  return codes;
}();

class ErrorBodyTest : public testing::TestWithParam<ErrorCode> {};

TEST_P(ErrorBodyTest, has_all_keys_of_openais_envelope) {
  auto const code = GetParam();
  auto const body = json::parse(error_body(Api::openai, code, kAwkward, "r1"));
  ASSERT_EQ(body.size(), 1U);
  auto const& error = body.at("error");
  EXPECT_EQ(error.size(), 4U);
  EXPECT_EQ(error.at("message"), kAwkwardRead);
  EXPECT_EQ(error.at("type"), http::answer_kind(code).type);
  EXPECT_EQ(error.at("code"), name(code));
  EXPECT_EQ(error.at("param"), name(code).find("model") != std::string_view::npos ? json("model") : json());
}

TEST_P(ErrorBodyTest, has_anthropics_envelope_with_the_request_id) {
  auto const body = json::parse(error_body(Api::anthropic, GetParam(), kAwkward, "r1"));
  EXPECT_EQ(body.size(), 3U);
  EXPECT_EQ(body.at("type"), "error");
  EXPECT_EQ(body.at("request_id"), "r1");
  EXPECT_EQ(body.at("error").size(), 2U);
  EXPECT_EQ(body.at("error").at("message"), kAwkwardRead);
  EXPECT_TRUE(body.at("error").at("type").get<std::string>().ends_with("_error") ||
              body.at("error").at("type") == "request_too_large");
}

TEST_P(ErrorBodyTest, has_googles_envelope_with_the_status) {
  auto const body = json::parse(error_body(Api::gemini, GetParam(), kAwkward, "r1"));
  auto const& error = body.at("error");
  EXPECT_EQ(error.size(), 3U);
  EXPECT_EQ(error.at("code"), http::answer_kind(GetParam()).status);
  EXPECT_EQ(error.at("message"), kAwkwardRead);
}

TEST_P(ErrorBodyTest, is_a_plain_string_for_ollama) {
  EXPECT_EQ(json::parse(error_body(Api::ollama, GetParam(), kAwkward, "r1")), json({{"error", kAwkwardRead}}));
}
INSTANTIATE_TEST_SUITE_P(Codes, ErrorBodyTest, testing::ValuesIn(all_codes),
                         [](auto const& row) { return std::string(name(row.param)); });

struct TypeRow {
  char const* name;
  ErrorCode code;
  std::string_view anthropic;
  std::string_view google;
};
constexpr TypeRow kTypeRows[] = {
    {"bad_request", ErrorCode::bad_request, "invalid_request_error", "INVALID_ARGUMENT"},
    {"invalid_api_key", ErrorCode::invalid_api_key, "authentication_error", "UNAUTHENTICATED"},
    {"model_not_allowed", ErrorCode::model_not_allowed, "permission_error", "PERMISSION_DENIED"},
    {"model_not_found", ErrorCode::model_not_found, "not_found_error", "NOT_FOUND"},
    {"method_not_allowed", ErrorCode::method_not_allowed, "invalid_request_error", "UNIMPLEMENTED"},
    {"request_timeout", ErrorCode::request_timeout, "invalid_request_error", "DEADLINE_EXCEEDED"},
    {"body_too_large", ErrorCode::body_too_large, "request_too_large", "INVALID_ARGUMENT"},
    {"rate_limit_exceeded", ErrorCode::rate_limit_exceeded, "rate_limit_error", "RESOURCE_EXHAUSTED"},
    {"client_gone", ErrorCode::client_gone, "invalid_request_error", "CANCELLED"},
    {"internal", ErrorCode::internal, "api_error", "INTERNAL"},
    {"connect_failed", ErrorCode::connect_failed, "api_error", "UNAVAILABLE"},
    {"overloaded", ErrorCode::overloaded, "overloaded_error", "UNAVAILABLE"},
    {"first_byte_timeout", ErrorCode::first_byte_timeout, "timeout_error", "DEADLINE_EXCEEDED"},
    {"unsupported_version", ErrorCode::unsupported_version, "api_error", "INTERNAL"},
};
class ErrorTypeTest : public testing::TestWithParam<TypeRow> {};

TEST_P(ErrorTypeTest, follows_the_status) {
  auto const& row = GetParam();
  EXPECT_EQ(json::parse(error_body(Api::anthropic, row.code, "m", "")).at("error").at("type"), row.anthropic);
  EXPECT_EQ(json::parse(error_body(Api::gemini, row.code, "m", "")).at("error").at("status"), row.google);
}
INSTANTIATE_TEST_SUITE_P(Rows, ErrorTypeTest, testing::ValuesIn(kTypeRows), kRowName);

TEST(AnthropicErrorTest, has_a_null_where_there_is_no_request_id) {
  EXPECT_TRUE(json::parse(error_body(Api::anthropic, ErrorCode::internal, "m", "")).at("request_id").is_null());
}

struct EventRow {
  char const* name;
  Api dialect;
  http::StreamApi stream;
  std::string_view before;  ///< the JSON
  std::string_view behind;
};
constexpr EventRow kEventRows[] = {
    {"chat", Api::openai, http::StreamApi::openai_done, "data: ", "\n\n"},
    {"responses", Api::openai, http::StreamApi::openai_responses, "event: error\ndata: ", "\n\n"},
    {"messages", Api::anthropic, http::StreamApi::anthropic_messages, "event: error\ndata: ", "\n\n"},
    {"gemini", Api::gemini, http::StreamApi::gemini_generate, "data: ", "\r\n\r\n"},
    {"ollama", Api::ollama, http::StreamApi::ollama_lines, "", "\n"},
    {"unknown_openai", Api::openai, http::StreamApi::unknown, "data: ", "\n\n"},
    {"unknown_anthropic", Api::anthropic, http::StreamApi::unknown, "event: error\ndata: ", "\n\n"},
    {"unknown_gemini", Api::gemini, http::StreamApi::unknown, "data: ", "\r\n\r\n"},
    {"unknown_ollama", Api::ollama, http::StreamApi::unknown, "", "\n"},
    {"the_stream_decides", Api::openai, http::StreamApi::anthropic_messages, "event: error\ndata: ", "\n\n"},
};
class ErrorEventTest : public testing::TestWithParam<EventRow> {};

/// The JSON of an event, which must be framed as the row says.
json event_json(EventRow const& row) {
  auto const event = error_event(row.dialect, row.stream, ErrorCode::upstream_closed, kAwkward, "r1");
  EXPECT_TRUE(event.starts_with(row.before) && event.ends_with(row.behind)) << event;
  auto const size = event.size() - row.before.size() - row.behind.size();
  auto const text = event.substr(row.before.size(), size);
  EXPECT_EQ(text.find_first_of("\r\n"), std::string::npos) << "a line break would end the event's line";
  return json::parse(text);
}

TEST_P(ErrorEventTest, is_one_whole_event_with_an_error_in_it) {
  auto const body = event_json(GetParam());
  ASSERT_TRUE(body.contains("error"));
  auto const& error = body.at("error");
  EXPECT_EQ(error.is_string() ? error : error.at("message"), kAwkwardRead);
}

TEST_P(ErrorEventTest, is_a_failure_to_whoever_reads_the_stream) {
  auto const& row = GetParam();
  if (row.stream == http::StreamApi::unknown) return;  // nobody knows how it ends
  http::EventScanner scanner(row.stream);
  auto const event = error_event(row.dialect, row.stream, ErrorCode::upstream_closed, kAwkward, "r1");
  EXPECT_EQ(scanner.feed(event), event.size());
  EXPECT_TRUE(scanner.failed());
  EXPECT_TRUE(scanner.at_boundary());
}
INSTANTIATE_TEST_SUITE_P(Rows, ErrorEventTest, testing::ValuesIn(kEventRows), kRowName);

TEST(ErrorEventTest, of_the_responses_api_has_its_flat_form_and_an_error_object) {
  auto const body = event_json(kEventRows[1]);
  EXPECT_EQ(body.at("type"), "error");
  EXPECT_EQ(body.at("code"), "upstream_closed");
  EXPECT_EQ(body.at("message"), kAwkwardRead);
  EXPECT_TRUE(body.at("param").is_null());
  EXPECT_TRUE(body.at("sequence_number").is_number_integer());
  EXPECT_EQ(body.at("error").at("code"), "upstream_closed");
}

}  // namespace
}  // namespace inferway::dialect
