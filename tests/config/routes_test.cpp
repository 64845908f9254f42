#include "routes.hpp"

#include "loading.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

TEST(RoutesTest, what_is_absent_has_the_documented_default) {
  auto const route = accepted(with_gateway("")).routes.at(0);
  EXPECT_EQ(route.name, "/p");
  EXPECT_EQ(route.retry.attempts, 1U);
  EXPECT_EQ(route.retry.on.size(), kRetryOnCount);
  EXPECT_EQ(route.retry.backoff, Milliseconds(50));
  EXPECT_EQ(route.retry.max_backoff, Milliseconds(2'000));
  EXPECT_EQ(route.retry.budget_percent, 20U);
  EXPECT_EQ(route.priority, 0);
  EXPECT_FALSE(route.timeouts.connect || route.timeouts.first_byte || route.timeouts.idle || route.timeouts.total);
  EXPECT_FALSE(route.rewrite);
  EXPECT_FALSE(route.auth);
}

TEST(RoutesTest, everything_given_is_taken) {
  auto const config = accepted(std::string(kBackends) + R"(
routes:
  - name: chat
    match: {path: /v1/*}
    to:
      - {backend: c, model: m, weight: 0}
      - {backend: b, weight: 9}
    fallback: []
    retry: {attempts: 3, on: [429, 5xx, cut], backoff: 1s, max_backoff: 5s, budget_percent: 50}
    resume: {attempts: 0}
    hedge: null
    priority: 0
    mirror: null
    timeouts: {connect: 1s, idle: 2s}
    rewrite: /v2/{path}
    auth: false
)");
  auto const& route = config.routes.at(0);
  EXPECT_EQ(route.name, "chat");
  EXPECT_EQ(route.position.line, 4);
  ASSERT_EQ(route.to.size(), 2U);
  EXPECT_EQ(route.to[0].backend, 1U);
  EXPECT_EQ(route.to[0].model, "m");
  EXPECT_EQ(route.to[0].weight, 0U);
  EXPECT_EQ(route.to[1].backend, 0U);
  EXPECT_FALSE(route.to[1].model);
  EXPECT_EQ(route.retry.attempts, 3U);
  EXPECT_EQ(route.retry.on, (std::vector{RetryOn::status_429, RetryOn::status_5xx, RetryOn::cut}));
  EXPECT_EQ(route.retry.max_backoff, Milliseconds(5'000));
  EXPECT_EQ(route.timeouts.connect, Milliseconds(1'000));
  EXPECT_EQ(route.timeouts.idle, Milliseconds(2'000));
  EXPECT_FALSE(route.timeouts.total);
  EXPECT_EQ(route.rewrite, "/v2/{path}");
  EXPECT_EQ(route.auth, false);
}

TEST(RoutesTest, are_named_after_path_and_model) {
  auto const config = accepted(std::string(kBackends) +
                               "routes: [{match: {path: /a/*, model: m-*}, to: [{backend: b}]}, "
                               "{match: {path: /a/*}, to: [{backend: b}]}]");
  EXPECT_EQ(config.routes.at(0).name, "/a/* m-*");
  EXPECT_EQ(config.routes.at(1).name, "/a/*");
}

/// A whole file whose one route has these targets, at 2:36.
std::string with_to(std::string_view to) {
  return std::string(kBackends) + "routes: [{match: {path: /p}, to:   " + std::string(to) + "}]\n";
}

Refusal const kRefusals[] = {
    {"none", std::string(kBackends) + "routes: []", {2, 9}, "one route at least"},
    {"no_list", std::string(kBackends) + "routes: {}", {2, 9}, "is not a list"},
    {"absent", std::string(kBackends), {1, 1}, "routes: must be given"},
    {"no_match", std::string(kBackends) + "routes: [{to: [{backend: b}]}]", {2, 10}, "routes[0].match: must be given"},
    {"no_to", std::string(kBackends) + "routes: [{match: {path: /p}}]", {2, 10}, "routes[0].to: must be given"},
    {"empty_to", with_to("[]"), {2, 36}, "one backend at least"},
    {"name_instead_of_list", with_to("b"), {2, 36}, "is not a list"},
    {"name_instead_of_mapping", with_to("[b]"), {2, 37}, "is not a mapping"},
    {"no_backend", with_to("[{weight: 1}]"), {2, 37}, "to[0].backend: must be given"},
    {"unknown_backend",
     with_to("[{backend: bb}]"),
     {2, 47},
     "\"bb\" is not the name of a backend; did you mean \"b\"?"},
    {"zero_weights", with_to("[{backend: b, weight: 0}, {backend: c, weight: 0}]"), {2, 36}, "add up to zero"},
    {"weight_text", with_to("[{backend: b, weight: half}]"), {2, 58}, "whole decimal number"},
    {"empty_model", with_to("[{backend: b, model: \"\"}]"), {2, 57}, "is empty"},
    {"name_twice",
     std::string(kBackends) + "routes:\n  - {name: x, match: {path: /a}, to: [{backend: b}]}\n"
                              "  - {name: x, match: {path: /b}, to: [{backend: b}]}\n",
     {4, 12},
     "\"x\" is the name of the route in line 3 already"},
    {"name_line_break", with_route("name: \"a\\nb\""), {5, 11}, "line break"},
    {"name_length", with_route("name: " + std::string(129, 'x')), {5, 11}, "at most 128 bytes"},
    {"retry_attempts", with_route("retry: {attempts: -1}"), {5, 23}, "0 to 100"},
    {"retry_on", with_route("retry: {on: [conect]}"), {5, 18}, "did you mean \"connect\"?"},
    {"retry_on_twice", with_route("retry: {on: [429, 429]}"), {5, 23}, "twice"},
    {"retry_backoff", with_route("retry: {backoff: 3s}"), {5, 22}, "longer than the longest, 2s"},
    {"retry_max_backoff", with_route("retry: {max_backoff: 10ms}"), {5, 26}, "50ms (backoff)"},
    {"budget", with_route("retry: {budget_percent: 101}"), {5, 29}, "0 to 100"},
    {"timeout", with_route("timeouts: {idle: 5}"), {5, 22}, "has no unit"},
    {"timeout_null", with_route("timeouts: {idle: null}"), {5, 16}, "null is not a duration"},
    {"timeout_unknown", with_route("timeouts: {firstbyte: 1s}"), {5, 16}, "did you mean \"first_byte\"?"},
    {"rewrite", with_route("rewrite: v1"), {5, 14}, "does not begin with /"},
    {"rewrite_brace", with_route("rewrite: /v1/{model}"), {5, 14}, "only {path} is known"},
    {"auth", with_route("auth: maybe"), {5, 11}, "neither true nor false"},
    {"priority", with_route("priority: high"), {5, 15}, "whole decimal number"},
    {"resume", with_route("resume: {attempts: x}"), {5, 24}, "whole decimal number"},
    {"hedge_shape", with_route("hedge: null\n    mirror: null\n    fallback: {}"), {7, 15}, "is not a list"},
};
class RouteRefusalTest : public testing::TestWithParam<Refusal> {};
TEST_P(RouteRefusalTest, names_place_and_reason) { expect_refused(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Rows, RouteRefusalTest, testing::ValuesIn(kRefusals), refusal_name);

struct UnbuiltRow {
  char const* name;
  std::string_view lines;
  std::string_view words;
};
constexpr UnbuiltRow kUnbuilt[] = {
    {"hedge_percentile", "hedge: {after: p100}", "p1 to p99"},
    {"hedge_duration", "hedge: {after: 800}", "has no unit"},
    {"hedge_empty", "hedge: {}", "hedge.after: must be given"},
    {"mirror_backend", "mirror: {backend: d, percent: 5}", "is not the name of a backend"},
    {"mirror_percent", "mirror: {backend: b, percent: 101}", "0 to 100"},
    {"fallback_backend", "fallback: [{backend: d}]", "is not the name of a backend"},
    {"fallback_weight", "fallback: [{backend: b, weight: 1}]", "fallback[0].weight: no such key"},
};
class UnbuiltRouteTest : public testing::TestWithParam<UnbuiltRow> {};
TEST_P(UnbuiltRouteTest, is_checked_although_it_is_not_supported) {
  auto const errors = errors_of(load(with_route(GetParam().lines)));
  EXPECT_NE(errors.find(GetParam().words), std::string::npos) << errors;
}
INSTANTIATE_TEST_SUITE_P(Rows, UnbuiltRouteTest, testing::ValuesIn(kUnbuilt),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::config
