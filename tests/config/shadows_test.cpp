#include "shadows.hpp"

#include "loading.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

struct Row {
  char const* name;
  std::string_view earlier;
  std::string_view later;
  bool shadowed;
};
constexpr Row kRows[] = {
    {"same_path", "path: /a", "path: /a", true},
    {"other_path", "path: /a", "path: /b", false},
    {"prefix_covers_exact", "path: /v1/*", "path: /v1/chat", true},
    {"prefix_covers_its_slash", "path: /v1/*", "path: /v1/", true},
    {"prefix_does_not_cover_its_stem", "path: /v1/*", "path: /v1", false},
    {"prefix_covers_prefix", "path: /v1/*", "path: /v1/chat/*", true},
    {"narrow_prefix", "path: /v1/chat/*", "path: /v1/*", false},
    {"everything", "path: /*", "path: /a/b/c", true},
    {"exact_does_not_cover_prefix", "path: /v1/", "path: /v1/*", false},
    {"any_method_covers", "path: /a", "path: /a, method: GET", true},
    {"same_method", "path: /a, method: GET", "path: /a, method: GET", true},
    {"other_method", "path: /a, method: GET", "path: /a, method: POST", false},
    {"one_method_is_not_any", "path: /a, method: GET", "path: /a", false},
    {"no_model_covers_exact", "path: /a", "path: /a, model: m", true},
    {"no_model_covers_glob", "path: /a", "path: /a, model: m-*", true},
    {"same_model", "path: /a, model: m", "path: /a, model: m", true},
    {"other_model", "path: /a, model: m", "path: /a, model: n", false},
    {"model_is_not_any", "path: /a, model: m", "path: /a", false},
    {"star_is_not_any", "path: /a, model: \"*\"", "path: /a", false},  // requests without a model are left
    {"star_covers_exact", "path: /a, model: \"*\"", "path: /a, model: m", true},
    {"glob_covers_exact", "path: /a, model: llama-*", "path: /a, model: llama-3", true},
    {"glob_covers_glob", "path: /a, model: llama-*", "path: /a, model: llama-3-*", true},
    {"same_glob", "path: /a, model: l*a", "path: /a, model: l*a", true},
    {"suffix_glob", "path: /a, model: \"*-large\"", "path: /a, model: mistral-large", true},
    {"narrow_glob", "path: /a, model: llama-3-*", "path: /a, model: llama-*", false},
    {"other_glob", "path: /a, model: llama-*", "path: /a, model: qwen-*", false},
    {"no_headers_cover", "path: /a", "path: /a, headers: {x: y}", true},
    {"same_headers", "path: /a, headers: {X: y}", "path: /a, headers: {x: y}", true},
    {"fewer_headers", "path: /a, headers: {x: y}", "path: /a, headers: {b: c, x: y}", true},
    {"more_headers", "path: /a, headers: {b: c, x: y}", "path: /a, headers: {x: y}", false},
    {"other_header_value", "path: /a, headers: {x: y}", "path: /a, headers: {x: z}", false},
    {"headers_in_other_order", "path: /a, headers: {x: y, b: c}", "path: /a, headers: {b: c, x: y}", true},
    {"many_headers", "path: /a, headers: {a: b, c: d, e: f, g: h, i: j}",
     "path: /a, headers: {i: j, a: b, c: d, e: f, g: h}", true},
    {"all_together", "path: /v1/*, model: llama-*", "path: /v1/chat, method: POST, model: llama-3, headers: {x: y}",
     true},
};
class ShadowTest : public testing::TestWithParam<Row> {};
TEST_P(ShadowTest, is_a_route_that_an_earlier_one_covers) {
  auto const route = [](std::string_view match) { return "{match: {" + std::string(match) + "}, to: [{backend: b}]}"; };
  auto const& row = GetParam();

  auto const loaded = load(std::string(kBackends) + "routes:\n  - " + route(row.earlier) + "\n  - " + route(row.later));
  ASSERT_TRUE(loaded.config) << errors_of(loaded);
  auto const shadows = find_shadows(loaded.config->routes);
  ASSERT_EQ(shadows.size(), row.shadowed ? 1U : 0U);
  EXPECT_EQ(loaded.warnings.size(), shadows.size());
  if (!row.shadowed) return;
  EXPECT_EQ(shadows[0].route, 1U);
  EXPECT_EQ(shadows[0].by, 0U);
  EXPECT_EQ(loaded.warnings[0].position.line, 4);
  EXPECT_NE(loaded.warnings[0].message.find("in line 3"), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(Rows, ShadowTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(ShadowsTest, point_to_the_first_route_that_covers) {
  auto const config = accepted(std::string(kBackends) +
                               "routes:\n"
                               "  - {match: {path: /a, model: m}, to: [{backend: b}]}\n"
                               "  - {match: {path: /*}, to: [{backend: b}]}\n"
                               "  - {match: {path: /a}, to: [{backend: b}]}\n"
                               "  - {match: {path: /a, model: m}, to: [{backend: b}]}\n");
  auto const shadows = find_shadows(config.routes);
  ASSERT_EQ(shadows.size(), 2U);
  EXPECT_EQ(shadows[0].by, 1U);
  EXPECT_EQ(shadows[1].route, 3U);
}

// Quadratic work would keep this test busy for minutes.
TEST(ShadowsTest, many_routes_with_overlapping_globs_are_no_trouble) {
  std::vector<Route> routes(20'000);
  for (std::size_t i = 0; i < routes.size(); ++i) {
    routes[i].match.path = "/v1/chat/completions";
    routes[i].match.model = "*" + std::to_string(i) + "-x";
  }
  EXPECT_LT(find_shadows(routes).size(), routes.size());
}

}  // namespace
}  // namespace inferway::config
