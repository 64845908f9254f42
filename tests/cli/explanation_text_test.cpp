#include "asking.hpp"
#include "explanation.hpp"

#include <gtest/gtest.h>

namespace inferway::cli {
namespace {

constexpr std::string_view kMatched = R"(POST /v1/chat
  dialect   openai
  model     llama-3, in the JSON body

Routes (the first match wins)
    1  tenant  (line 14)  no: wants header x-tenant: a*, header authorization: (not shown)
    2  delete  (line 17)  no: wants method DELETE
    3  chat  (line 20)  matches
       4 more not looked at

To local: 66.67 % of the requests
  api       openai
  balance   least_requests
  endpoints http://not-there.invalid:8000, http://10.0.0.2/base weight 2
  timeouts  connect 2s, first_byte 2m, idle 7s, total 1m
  request   to http://not-there.invalid:8000; the others get their own Host and path
    POST /v1/chat HTTP/1.1
    Host: not-there.invalid:8000
    X-Forwarded-For: <client address>
    X-Forwarded-Proto: http
    X-Forwarded-Host: <the request's host>
    Via: 1.1 inferway
    X-Request-Id: <generated>
    X-Team-Key: ***
    Content-Length: 19

To cloud: 33.33 % of the requests
  api       anthropic
  balance   round_robin
  endpoints http://not-there.invalid
  model     claude: "claude" takes the place of 9 bytes at 9 in the body, all other bytes stay
  timeouts  connect 2s, first_byte 2m, idle 1m, total 1m
  request   to the endpoint
    POST /v1/chat HTTP/1.1
    Host: not-there.invalid
    X-Forwarded-For: <client address>
    X-Forwarded-Proto: http
    X-Forwarded-Host: <the request's host>
    Via: 1.1 inferway
    X-Request-Id: <generated>
    x-api-key: ***
    Content-Length: 18

When that fails
)";

constexpr std::string_view kRefused = R"(POST /v1/chat
  dialect   openai
  model     gpt, by --model, as in a JSON body

Routes (the first match wins)
    1  tenant  (line 14)  no: wants header x-tenant: a*, header authorization: (not shown)
    2  delete  (line 17)  no: wants method DELETE
    3  chat  (line 20)  no: wants model llama-*
    4  gemini  (line 24)  no: wants path /v1beta/models/*
    5  any  (line 27)  no: wants path /any/*
    6  mixed  (line 31)  no: wants path /mixed
    7  free  (line 34)  no: wants path /free

Refused: 404 model_not_found: no route for the model 'gpt'
)";

std::string text_of(config::Config const& config, Question const& asked) {
  auto const got = explain(config, asked);
  if (!got) return got.error();
  return explanation_text(config, *got);
}

bool contains(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(ExplanationTextTest, reads_as_people_expect) {
  auto const text = text_of(asked_config(), with_body(question("POST", "/v1//chat"), R"({"model":"llama-3"})"));
  EXPECT_EQ(text.substr(0, kMatched.size()), kMatched);
}

TEST(ExplanationTextTest, says_why_no_route_matches) {
  EXPECT_EQ(text_of(asked_config(), with_model(question("POST", "/v1/chat"), "gpt")), kRefused);
}

TEST(ExplanationTextTest, says_what_comes_after_a_failure) {
  auto config = asked_config();
  auto& route = config.routes.back();
  EXPECT_TRUE(contains(text_of(config, question("GET", "/free")), "\n  fallback  none\n"));
  route.fallback = {{.backend = 1, .model = "renamed"}, {.backend = 0, .model = std::nullopt}};
  route.retry.attempts = 2;
  route.retry.on = {config::RetryOn::connect, config::RetryOn::status_5xx};
  auto const text = text_of(config, with_model(question("POST", "/free"), "m"));
  EXPECT_TRUE(contains(text, "\n  retry     2 more on connect, 5xx; pauses of 50ms to 2s; at most 20 % of the"))
      << text;
  EXPECT_TRUE(contains(text, "\n  fallback  cloud as renamed, local\n")) << text;
  EXPECT_TRUE(contains(text, "\nFallback 1: cloud\n")) << text;
  EXPECT_TRUE(contains(text, "\nFallback 2: local\n")) << text;
  EXPECT_TRUE(contains(text, "renamed: \"renamed\" takes the place of the name in the body")) << text;
  route.retry.attempts = 0;
  EXPECT_TRUE(contains(text_of(config, question("GET", "/free")), "\n  retry     none\n"));
}

struct Row {
  char const* name;
  Question question;
  std::string_view part;
};
Row const kRows[] = {
    {"model_not_looked_for", question("GET", "/free"), "model     not looked for: "},
    {"model_not_named", question("GET", "/any/x"), "model     none is named\n"},
    {"model_in_the_query", question("GET", "/any/x?model=m"), "model     m, in the query\n"},
    {"nothing_to_rename", question("GET", "/any/x"),
     "model     renamed for the one that the request names; it names none"},
    {"renamed_in_the_query", question("GET", "/any/x?model=m"),
     "model     renamed for the one that the request names\n"},
    {"a_choice_refuses", with_body(question("POST", "/mixed"), "no json"), "refused   400 invalid_json: "},
    {"the_last_route", question("GET", "/free"), "    7  free  (line 34)  matches\n\n"},
    {"no_route_was_tried", question("GET", "/a%zz"), "dialect   openai\n\nRefused: 400 bad_request: "},
};
class ExplanationPartTest : public testing::TestWithParam<Row> {};

TEST_P(ExplanationPartTest, is_said) {
  auto const text = text_of(asked_config(), GetParam().question);
  EXPECT_TRUE(contains(text, GetParam().part)) << text;
}
INSTANTIATE_TEST_SUITE_P(Rows, ExplanationPartTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::cli
