#include "inferway/proxy/compiled_config.hpp"

#include "inferway/config/loader.hpp"

#include <gtest/gtest.h>

namespace inferway::proxy {
namespace {

config::Config loaded(std::string const& text) {
  auto result = config::load_text(text, "test.yaml");
  EXPECT_TRUE(result.config.has_value());
  return std::move(*result.config);
}

TEST(CompiledConfigTest, puts_keys_where_each_dialect_wants_them) {
  CompiledConfig const compiled(
      loaded("backends:\n"
             "  a: {api: anthropic, key: k1, endpoints: [http://127.0.0.1:1]}\n"
             "  g: {api: gemini, key: k2, endpoints: [http://127.0.0.1:1]}\n"
             "  o: {api: openai, key: k3, headers: {X-Team: t}, endpoints: [http://127.0.0.1:1]}\n"
             "  l: {api: ollama, endpoints: [http://127.0.0.1:1]}\n"
             "routes:\n  - {match: {path: /*}, to: [{backend: a}]}\n"));
  EXPECT_EQ(compiled.backends[0].fields.reveal(), "x-api-key: k1\r\n");
  EXPECT_EQ(compiled.backends[1].fields.reveal(), "x-goog-api-key: k2\r\n");
  EXPECT_EQ(compiled.backends[2].fields.reveal(), "Authorization: Bearer k3\r\nX-Team: t\r\n");
  EXPECT_EQ(compiled.backends[2].replaced, (std::vector<std::string>{"authorization", "x-team"}));
  EXPECT_EQ(compiled.backends[3].fields.reveal(), "");
}

TEST(CompiledConfigTest, a_route_overrides_its_backends_timeouts) {
  CompiledConfig const compiled(
      loaded("backends:\n  b: {endpoints: [http://127.0.0.1:1], timeouts: {idle: 7s, total: 8s}}\n"
             "routes:\n  - {match: {path: /*}, timeouts: {idle: 3s}, to: [{backend: b}]}\n"));
  EXPECT_EQ(compiled.plans[0].to[0].timeouts.idle, std::chrono::seconds(3));
  EXPECT_EQ(compiled.plans[0].to[0].timeouts.total, std::chrono::seconds(8));
}

std::string route(std::string const& more) { return "  - {to: [{backend: b}], " + more + "}\n"; }

TEST(CompiledConfigTest, lists_exact_models_once_each_in_the_order_of_the_file) {
  CompiledConfig const compiled(
      loaded("backends:\n  b: {endpoints: [http://127.0.0.1:1]}\n"
             "keys: {static: [{name: k, sha256: " +
             std::string(64, 'a') + "}]}\nroutes:\n" + route("match: {path: /a, model: z}, auth: true") +
             route("match: {path: /a, model: g-*}") + route("match: {path: /a, model: \"a/b\"}") +
             route("match: {path: /c, model: z}") + route("match: {path: /c, model: closed}, auth: true") +
             route("match: {path: /d}")));
  std::string names;
  for (auto const& model : compiled.models) names += model.name + (model.needs_key ? " (key) " : " ");
  EXPECT_EQ(names, "z a/b closed (key) ");
}

TEST(CompiledConfigTest, knows_whether_credentials_pass) {
  std::string const routes = "routes:\n" + route("match: {path: /a}");
  EXPECT_FALSE(
      CompiledConfig(loaded("backends:\n  b: {endpoints: [http://127.0.0.1:1]}\n" + routes)).passes_credentials);
  EXPECT_TRUE(
      CompiledConfig(loaded("backends:\n  b: {endpoints: [http://127.0.0.1:1], pass_headers: [X-Api-Key]}\n" + routes))
          .passes_credentials);
}

}  // namespace
}  // namespace inferway::proxy
