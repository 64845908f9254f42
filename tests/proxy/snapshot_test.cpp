#include "inferway/proxy/snapshot.hpp"

#include "inferway/config/loader.hpp"

#include <gtest/gtest.h>

namespace inferway::proxy {
namespace {

config::Config loaded(std::string const& text) {
  auto result = config::load_text(text, "test.yaml");
  EXPECT_TRUE(result.config.has_value());
  return std::move(*result.config);
}

std::string route(std::string const& more) { return "  - {to: [{backend: b}], " + more + "}\n"; }

TEST(SnapshotTest, lists_exact_models_once_each_in_the_order_of_the_file) {
  net::Resolver resolver([] {});
  Snapshot const snapshot(
      loaded("backends:\n  b: {endpoints: [http://127.0.0.1:1]}\n"
             "keys: {static: [{name: k, sha256: " +
             std::string(64, 'a') + "}]}\nroutes:\n" + route("match: {path: /a, model: z}, auth: true") +
             route("match: {path: /a, model: g-*}") + route("match: {path: /a, model: \"a/b\"}") +
             route("match: {path: /c, model: z}") + route("match: {path: /c, model: closed}, auth: true") +
             route("match: {path: /d}")),
      resolver);
  std::string names;
  for (auto const& model : snapshot.models) names += model.name + (model.needs_key ? " (key) " : " ");
  EXPECT_EQ(names, "z a/b closed (key) ");
}

TEST(SnapshotTest, knows_whether_credentials_pass) {
  net::Resolver resolver([] {});
  std::string const routes = "routes:\n" + route("match: {path: /a}");
  EXPECT_FALSE(
      Snapshot(loaded("backends:\n  b: {endpoints: [http://127.0.0.1:1]}\n" + routes), resolver).passes_credentials);
  EXPECT_TRUE(
      Snapshot(loaded("backends:\n  b: {endpoints: [http://127.0.0.1:1], pass_headers: [X-Api-Key]}\n" + routes),
               resolver)
          .passes_credentials);
}

}  // namespace
}  // namespace inferway::proxy
