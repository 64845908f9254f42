#include "explanation.hpp"

#include "asking.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace inferway::cli {
namespace {

std::string const kForm = "Content-Type: multipart/form-data; boundary=b";
std::string form(std::string const& model) {
  return "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n" + model + "\r\n--b--\r\n";
}

struct Row {
  char const* name;
  Question question;
  std::string route;  ///< its name, or the code of the refusal
  std::string model;  ///< and where it was found; "" when none was
};
Row const kRows[] = {
    {"no_model_needed", question("GET", "/free"), "free", ""},
    {"normalised", question("GET", "//free/./x/..//"), "route_not_found", ""},
    {"normalised_to_a_route", question("GET", "/x/..//%66ree"), "free", ""},
    {"absolute", question("GET", "http://gw.test/free"), "free", ""},
    {"method", question("DELETE", "/v1/chat"), "delete", ""},
    {"headers", question("POST", "/v1/chat", {"X-Tenant: abc", "Authorization: Bearer hunter2-match"}), "tenant", ""},
    {"stands_for_json", with_model(question("POST", "/v1/chat"), "llama-3"), "chat", "llama-3 --model"},
    {"json", with_body(question("POST", "/v1/chat"), R"({"a":1,"model":"llama-3"})"), "chat", "llama-3 json"},
    {"json_agrees", with_model(with_body(question("POST", "/v1/chat"), R"({"model":"llama-3"})"), "llama-3"), "chat",
     "llama-3 json"},
    {"chunked", with_body(question("POST", "/v1/chat", {"Transfer-Encoding: chunked"}), R"({"model":"llama-3"})"),
     "chat", "llama-3 json"},
    {"form", with_body(question("POST", "/v1/chat", {kForm}), form("llama-f")), "chat", "llama-f form"},
    {"query", question("GET", "/v1/chat?model=llama-q"), "chat", "llama-q query"},
    {"path", question("POST", "/v1beta/models/gem:generateContent"), "gemini", "gem path"},
    {"body_not_needed", with_body(question("POST", "/free"), "no json"), "free", ""},
    {"asked_by_a_choice_only", with_body(question("POST", "/any/x"), R"({"model":"m"})"), "any", "m json"},

    {"no_route", question("GET", "/nowhere"), "route_not_found", ""},
    {"all", question("OPTIONS", "*"), "route_not_found", ""},
    {"no_model", question("GET", "/v1/chat"), "model_not_found", ""},
    {"other_model", with_model(question("POST", "/v1/chat"), "gpt"), "model_not_found", "gpt --model"},
    {"empty_model", with_model(question("POST", "/v1/chat"), ""), "invalid_model", ""},
    {"two_models", with_body(question("POST", "/v1/chat"), R"({"model":"a","model":"b"})"), "ambiguous_model", ""},
    {"no_body", question("POST", "/v1/chat"), "invalid_json", ""},
    {"empty_chunked_body", question("POST", "/v1/chat", {"Transfer-Encoding: chunked"}), "invalid_json", ""},
    {"broken_body", with_body(question("POST", "/v1/chat"), "{"), "invalid_json", ""},
    {"broken_form", with_body(question("POST", "/v1/chat", {kForm}), "{}"), "bad_request", ""},
    {"compressed", with_body(question("POST", "/v1/chat", {"Content-Encoding: gzip"}), "x"), "unsupported_encoding",
     ""},
    {"large", with_body(question("POST", "/free"), std::string(1025, 'x')), "body_too_large", ""},
    {"large_chunked", with_body(question("POST", "/v1/chat", {"Transfer-Encoding: chunked"}), std::string(1025, 'x')),
     "body_too_large", ""},
    {"announced_large", question("POST", "/free", {"Content-Length: 1025"}), "body_too_large", ""},
    {"large_head", question("GET", "/free", {"X-A: " + std::string(8192, 'x')}), "header_too_large", ""},
    {"many_headers", question("GET", "/free", std::vector<std::string>(20, "X-A: b")), "header_too_large", ""},
    {"bad_path", question("GET", "/a%zz"), "bad_request", ""},
    {"no_path", question("GET", "free"), "bad_request", ""},
    {"bad_header", question("GET", "/free", {"X A: b"}), "bad_request", ""},
    {"no_colon", question("GET", "/free", {"X-A"}), "bad_request", ""},
    {"two_hosts", question("GET", "/free", {"Host: a", "Host: b"}), "bad_request", ""},
    {"bad_host", question("GET", "/free", {"Host: a/b"}), "bad_request", ""},
    {"two_framings", question("POST", "/free", {"Content-Length: 0", "Transfer-Encoding: chunked"}), "bad_request", ""},
    {"unknown_coding", question("POST", "/free", {"Transfer-Encoding: gzip"}), "bad_request", ""},
    {"expectation", question("POST", "/free", {"Expect: 200-ok"}), "expectation_failed", ""},
    {"trace", question("TRACE", "/free"), "method_not_allowed", ""},
    {"bad_method", question("G(T", "/free"), "bad_request", ""},
    {"two_queries", question("GET", "/v1/chat?model=a&model=b"), "bad_request", ""},
};
class ExplanationTest : public testing::TestWithParam<Row> {};

TEST_P(ExplanationTest, finds_what_serving_finds) {
  auto const& row = GetParam();
  auto const config = asked_config();
  auto const got = explain(config, row.question);
  ASSERT_TRUE(got.has_value()) << got.error();
  EXPECT_EQ(got->route ? config.routes[*got->route].name : std::string(name(got->refusal->code)), row.route);
  EXPECT_EQ(got->request.model ? *got->request.model + " " + got->request.model_place : "", row.model);
  EXPECT_EQ(got->refused(), !got->route);
  EXPECT_EQ(got->to.empty(), !got->route);
  for (auto const& mismatch : got->mismatches) EXPECT_FALSE(mismatch.none());
}
INSTANTIATE_TEST_SUITE_P(Rows, ExplanationTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

struct NonsenseRow {
  char const* name;
  Question question;
  char const* word;  ///< of the complaint
};
NonsenseRow const kNonsense[] = {
    {"model_and_body_differ", with_model(with_body(question("POST", "/free"), R"({"model":"a"})"), "b"), "'a'"},
    {"model_and_body_without", with_model(with_body(question("POST", "/free"), "{}"), "b"), "none"},
    {"model_and_path", with_model(question("POST", "/v1beta/models/gem:generateContent"), "other"), "'gem'"},
    {"model_and_form", with_model(question("POST", "/v1/chat", {kForm}), "m"), "--body"},
    {"model_without_body", with_model(question("GET", "/free"), "m"), "GET"},
    {"length_differs", with_body(question("POST", "/free", {"Content-Length: 3"}), "1234"), "4 bytes"},
    {"length_without_body", question("POST", "/free", {"Content-Length: 3"}), "0 bytes"},
    {"empty_header", question("GET", "/free", {""}), "--header"},
    {"line_break_in_a_header", question("GET", "/free", {"X: a\r\nY: b"}), "line break"},
    {"line_break_in_the_path", question("GET", "/free HTTP/1.1\r\nX: b"), "line break"},
    {"line_break_in_the_method", question("GET\n", "/free"), "line break"},
    {"no_method", question("", "/free"), "METHOD"},
};
class NonsenseTest : public testing::TestWithParam<NonsenseRow> {};

TEST_P(NonsenseTest, is_no_question) {
  auto const got = explain(asked_config(), GetParam().question);
  ASSERT_FALSE(got.has_value());
  EXPECT_NE(got.error().find(GetParam().word), std::string::npos) << got.error();
}
INSTANTIATE_TEST_SUITE_P(Rows, NonsenseTest, testing::ValuesIn(kNonsense),
                         [](auto const& row) { return std::string(row.param.name); });

std::string header(UpstreamRequest const& request, std::string_view name) {
  std::string out;
  for (auto const& [field, value] : request.headers) {
    if (field == name) out += (out.empty() ? "" : "|") + value;
  }
  return out;
}

TEST(ExplainedChoiceTest, shares_are_of_the_weights) {
  auto const got = explain(asked_config(), with_model(question("POST", "/v1/chat"), "llama-3"));
  ASSERT_EQ(got->to.size(), 2U);
  EXPECT_DOUBLE_EQ(got->to[0].share_percent, 66.67);
  EXPECT_DOUBLE_EQ(got->to[1].share_percent, 33.33);
}

TEST(ExplainedChoiceTest, timeouts_are_the_backends_with_the_routes_over_them) {
  auto const got = explain(asked_config(), with_model(question("POST", "/v1/chat"), "llama-3"));
  EXPECT_EQ(got->to[0].timeouts.idle, std::chrono::seconds(7));
  EXPECT_EQ(got->to[0].timeouts.total, std::chrono::minutes(1));
}

TEST(ExplainedChoiceTest, each_endpoint_gets_its_own_head) {
  auto const got = explain(asked_config(), question("GET", "/free?a=b", {"X-Any: thing", "Cookie: c"}));
  ASSERT_EQ(got->to[0].requests.size(), 2U);
  auto const& first = got->to[0].requests[0];
  EXPECT_EQ(first.line, "GET /free?a=b HTTP/1.1");
  EXPECT_EQ(header(first, "Host"), "not-there.invalid:8000");
  EXPECT_EQ(header(first, "X-Any"), "thing");
  EXPECT_EQ(header(first, "Cookie"), "");
  EXPECT_EQ(got->to[0].requests[1].line, "GET /base/free?a=b HTTP/1.1");
  EXPECT_EQ(header(got->to[0].requests[1], "Host"), "10.0.0.2");
}

TEST(ExplainedChoiceTest, what_only_a_connection_tells_has_a_name) {
  auto got = explain(asked_config(), question("GET", "/free"));
  auto const& bare = got->to[0].requests[0];
  EXPECT_EQ(header(bare, "X-Forwarded-For"), "<client address>");
  EXPECT_EQ(header(bare, "X-Request-Id"), "<generated>");
  EXPECT_EQ(header(bare, "X-Forwarded-Host"), "<the request's host>");
  got = explain(asked_config(), question("GET", "/free", {"Host: h", "X-Request-Id: r1", "X-Forwarded-For: 1.2.3.4"}));
  auto const& said = got->to[0].requests[0];
  EXPECT_EQ(header(said, "X-Forwarded-For"), "1.2.3.4, <client address>");
  EXPECT_EQ(header(said, "X-Request-Id"), "r1");
  EXPECT_EQ(header(said, "X-Forwarded-Host"), "h");
}

TEST(ExplainedChoiceTest, the_scheme_is_the_listeners) {
  auto config = asked_config();
  auto const proto = [&] {
    return header(explain(config, question("GET", "/free"))->to[0].requests[0], "X-Forwarded-Proto");
  };
  EXPECT_EQ(proto(), "http");
  config.listen.resize(2);
  config.listen[1].tls.emplace();
  EXPECT_EQ(proto(), "<http or https>");
  config.listen[0].tls.emplace();
  EXPECT_EQ(proto(), "https");
}

TEST(ExplainedChoiceTest, a_body_is_spliced_and_counted) {
  auto const got = explain(asked_config(), with_body(question("POST", "/v1/chat", {"Transfer-Encoding: chunked"}),
                                                     R"({"a":1,"model":"llama-3"})"));
  EXPECT_EQ(header(got->to[0].requests[0], "Content-Length"), "25") << "read whole for its model";
  EXPECT_FALSE(got->to[0].splice);
  ASSERT_TRUE(got->to[1].splice);
  EXPECT_EQ(got->to[1].splice->offset, 15U);
  EXPECT_EQ(got->to[1].splice->length, 9U);
  EXPECT_EQ(got->to[1].splice->value, "\"claude\"");
  EXPECT_EQ(header(got->to[1].requests[0], "Content-Length"), "24");
}

TEST(ExplainedChoiceTest, a_body_that_nobody_gave_has_no_length) {
  auto const got = explain(asked_config(), with_model(question("POST", "/v1/chat"), "llama-3"));
  EXPECT_EQ(header(got->to[0].requests[0], "Content-Length"), "<of the body>");
  EXPECT_FALSE(got->to[1].splice->offset);
}

TEST(ExplainedChoiceTest, only_a_choice_that_renames_reads_the_body) {
  auto const good = explain(asked_config(),
                            with_body(question("POST", "/mixed", {"Transfer-Encoding: chunked"}), R"({"model":"m"})"));
  EXPECT_EQ(header(good->to[0].requests[0], "Transfer-Encoding"), "chunked");
  EXPECT_EQ(header(good->to[1].requests[0], "Content-Length"), "19");
  auto const bad = explain(asked_config(), with_body(question("POST", "/mixed"), "no json"));
  EXPECT_FALSE(bad->to[0].refusal);
  ASSERT_TRUE(bad->to[1].refusal);
  EXPECT_EQ(bad->to[1].refusal->code, ErrorCode::invalid_json);
  EXPECT_TRUE(bad->refused());
}

TEST(ExplainedChoiceTest, a_model_in_the_path_or_the_query_is_replaced_there) {
  auto const path = explain(asked_config(), question("POST", "/v1beta/models/gem:generateContent?key=k&alt=sse"));
  EXPECT_EQ(path->to[0].requests[0].line, "POST /v1beta/models/new%20name:generateContent?alt=sse HTTP/1.1");
  EXPECT_TRUE(path->to[0].renames);
  EXPECT_FALSE(path->to[0].splice);
  auto const query = explain(asked_config(), question("GET", "/any/a/b?x=1&model=m"));
  EXPECT_EQ(query->to[0].requests[0].line, "GET /x/a/b?x=1&model=renamed HTTP/1.1");
  auto const none = explain(asked_config(), question("GET", "/any/a/b?x=1"));
  EXPECT_FALSE(none->to[0].renames);
}

TEST(ExplainedChoiceTest, a_choice_without_weight_refuses_nothing) {
  auto config = asked_config();
  config.routes.back().to.push_back({.backend = 1, .model = "renamed", .weight = 0});
  auto const got = explain(config, with_body(question("POST", "/free"), "no json"));
  EXPECT_TRUE(got->to[1].refusal);
  EXPECT_FALSE(got->refused());
}

TEST(ExplainedChoiceTest, fallbacks_are_explained_like_choices) {
  auto config = asked_config();
  config.routes.back().fallback = {{.backend = 1, .model = "renamed"}, {.backend = 0, .model = std::nullopt}};
  auto const got = explain(config, with_model(question("POST", "/free"), "m"));
  ASSERT_EQ(got->fallback.size(), 2U);
  EXPECT_EQ(got->fallback[0].splice->value, "\"renamed\"");
  EXPECT_EQ(header(got->fallback[0].requests[0], "x-api-key"), "***");
  EXPECT_FALSE(got->fallback[1].splice);
}

TEST(ExplainedSecretsTest, stand_nowhere) {
  auto const config = asked_config();
  std::vector<Question> const questions = {
      with_model(
          question("POST", "/v1/chat",
                   {"Authorization: Bearer hunter2-caller", "X-Api-Key: hunter2-caller", "Cookie: hunter2-caller"}),
          "llama-3"),
      question("POST", "/v1/chat?api_key=hunter2-caller", {"X-Tenant: abc", "Authorization: Bearer hunter2-match"}),
      question("POST", "/v1beta/models/gem:generateContent?key=hunter2-caller"),
      question("GET", "/nowhere?key=hunter2-caller"),
      question("GET", "/a%zz?key=hunter2-caller"),
  };
  for (auto const& asked : questions) {
    auto const got = explain(config, asked);
    ASSERT_TRUE(got.has_value());
    for (auto const& text : {explanation_text(config, *got), explanation_json(config, *got)}) {
      EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
    }
  }
  auto const got = explain(config, questions[0]);
  EXPECT_EQ(header(got->to[0].requests[0], "X-Team-Key"), "***");
  EXPECT_EQ(header(got->to[0].requests[0], "Authorization"), "***") << "passed on, and the caller's";
  EXPECT_EQ(header(got->to[1].requests[0], "x-api-key"), "***");
}

}  // namespace
}  // namespace inferway::cli
