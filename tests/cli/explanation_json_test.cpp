#include "asking.hpp"
#include "explanation.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace inferway::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(Question const& asked) {
  auto const config = asked_config();
  auto const got = explain(config, asked);
  EXPECT_TRUE(got.has_value());
  return Json::parse(explanation_json(config, *got));
}

TEST(ExplanationJsonTest, has_all_of_a_route) {
  auto const json = json_of(with_body(question("POST", "/v1//chat", {"X-Tenant: b"}), R"({"model":"llama-3"})"));
  EXPECT_EQ(json["request"], Json::parse(R"({"method": "POST", "path": "/v1/chat", "dialect": "openai",
      "model": "llama-3", "model_place": "json", "model_looked_for": true, "key": null})"));
  EXPECT_EQ(json["refused"], Json());
  EXPECT_EQ(json["passed_over"], Json::parse(R"([
      {"name": "tenant", "line": 14, "because": [{"what": "header", "name": "x-tenant", "wanted": "a*"},
                                                 {"what": "header", "name": "authorization", "wanted": null}]},
      {"name": "delete", "line": 17, "because": [{"what": "method", "wanted": "DELETE"}]}])"));
  EXPECT_EQ(json["route"], Json::parse(R"({"name": "chat", "line": 20})"));
  EXPECT_EQ(json["not_looked_at"], 4);
  ASSERT_EQ(json["to"].size(), 2U);
  auto cloud = json["to"][1];
  EXPECT_EQ(cloud["endpoints"][0]["request"]["line"], "POST /v1/chat HTTP/1.1");
  EXPECT_EQ(cloud["endpoints"][0]["request"]["headers"][0], Json::parse(R"(["Host", "not-there.invalid"])"));
  cloud["endpoints"][0].erase("request");
  EXPECT_EQ(cloud, Json::parse(R"({"backend": "cloud", "api": "anthropic", "balance": "round_robin", "model": "claude",
      "renames": true, "splice": {"offset": 9, "length": 9, "value": "\"claude\""},
      "timeouts_ms": {"connect": 2000, "first_byte": 120000, "first_content": null, "idle": 60000, "total": 60000},
      "refused": null, "endpoints": [{"url": "http://not-there.invalid", "weight": 1}], "weight": 1,
      "share_percent": 33.33})"));
  EXPECT_EQ(json["to"][0]["endpoints"][1]["url"], "http://10.0.0.2/base");
  EXPECT_EQ(json["to"][0]["endpoints"][1]["weight"], 2);
  EXPECT_EQ(json["fallback"], Json::array());
  EXPECT_EQ(json["retry"]["attempts"], 1);
  EXPECT_EQ(json["retry"]["max_backoff_ms"], 2000);
}

TEST(ExplanationJsonTest, has_the_same_keys_when_the_request_is_refused) {
  auto const json = json_of(question("GET", "/nowhere"));
  EXPECT_EQ(json["refused"], Json::parse(R"({"status": 404, "code": "route_not_found",
      "message": "no route for GET /nowhere"})"));
  EXPECT_EQ(json["passed_over"].size(), 7U);
  std::vector<std::string> keys;
  for (auto const& [key, value] : json.items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"file", "request", "refused", "answered", "passed_over", "route",
                                            "not_looked_at", "to", "fallback", "retry"}));
  EXPECT_EQ(json["route"], Json());
  EXPECT_EQ(json["retry"], Json());
}

TEST(ExplanationJsonTest, a_choice_that_refuses_has_no_requests) {
  auto const json = json_of(with_body(question("POST", "/mixed"), "no json"));
  EXPECT_EQ(json["to"][1]["refused"]["code"], "invalid_json");
  EXPECT_EQ(json["to"][1]["endpoints"][0]["request"], Json());
}

TEST(ExplanationJsonTest, no_byte_of_the_command_line_breaks_it) {
  EXPECT_EQ(json_of(question("GET", "/\xff"))["refused"]["code"], "bad_request");
}

}  // namespace
}  // namespace inferway::cli
