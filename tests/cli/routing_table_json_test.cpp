#include "routing_table.hpp"
#include "running.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace inferway::cli {
namespace {

using Json = nlohmann::json;

TEST(RoutingTableJsonTest, says_what_the_text_says) {
  auto const text = routing_table_json("gateway.yaml", config::load_text(kFull, "gateway.yaml"));
  EXPECT_TRUE(text.ends_with("}\n"));
  auto const json = Json::parse(text);
  EXPECT_EQ(json.at("file"), "gateway.yaml");
  EXPECT_EQ(json.at("valid"), true);
  EXPECT_TRUE(json.at("errors").empty());
  EXPECT_EQ(json.at("warnings").at(0).at("line"), 16);
  ASSERT_EQ(json.at("routes").size(), 3U);
  EXPECT_EQ(json.at("routes").at(0), Json::parse(R"({
    "name": "chat", "line": 9,
    "match": {"path": "/v1/chat/*", "method": "POST", "model": "llama-*",
              "headers": {"x-team": "a*", "authorization": null}},
    "to": [{"backend": "llama", "model": null, "weight": 90}, {"backend": "cloud", "model": "claude", "weight": 10}],
    "fallback": [{"backend": "cloud", "model": "small"}],
    "rewrite": "/v2/{path}", "auth": null})"));
  EXPECT_EQ(json.at("keys"), Json::parse(R"({"required": false, "static": []})"));
  EXPECT_EQ(json.at("backends").at(0), Json::parse(R"({
    "name": "llama", "line": 3, "api": "openai", "balance": "least_requests", "has_key": true,
    "endpoints": [{"url": "http://10.0.0.1:8000", "weight": 1}, {"url": "http://10.0.0.2", "weight": 3}]})"));
}

TEST(RoutingTableJsonTest, names_keys_without_their_hashes) {
  auto const json = Json::parse(routing_table_json("x", config::load_text(kWithKeys, "x")));
  EXPECT_EQ(json.at("routes").at(0).at("auth"), false);
  EXPECT_EQ(json.at("keys"), Json::parse(R"({"required": true, "static": [
    {"name": "ci", "line": 4, "models": ["*"], "rpm": 0},
    {"name": "team", "line": 5, "models": ["llama-*", "small"], "rpm": 60}]})"));
}

TEST(RoutingTableJsonTest, a_refused_file_has_errors_and_no_routes) {
  auto const json = Json::parse(routing_table_json("x", config::load_text("thread: 1", "x")));
  EXPECT_EQ(json.at("valid"), false);
  EXPECT_EQ(json.at("errors").size(), 3U);
  EXPECT_EQ(json.at("errors").at(0).at("line"), 1);
  EXPECT_FALSE(json.contains("routes"));
}

TEST(RoutingTableJsonTest, bears_no_secret) {
  EXPECT_EQ(routing_table_json("x", config::load_text(kFull, "x")).find("hunter2"), std::string::npos);
}

TEST(RoutingTableJsonTest, is_utf8_whatever_a_variable_bears) {
  auto const loaded = config::load_text(
      "backends: {b: {endpoints: [http://h]}}\nroutes: [{match: {path: /p, model: \"${M}\"}, to: [{backend: b}]}]", "x",
      [](std::string const&) { return std::optional<std::string>("m\xFF"); });
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(Json::parse(routing_table_json("x", loaded)).at("routes").at(0).at("match").at("model"), "m\xEF\xBF\xBD");
}

}  // namespace
}  // namespace inferway::cli
