#include "inferway/routing/route_table.hpp"

#include "tables.hpp"

#include <gtest/gtest.h>

namespace inferway::routing {
namespace {

/// What match() answers: a route's index, or the error.
struct Answer {
  std::size_t route = 0;
  std::optional<ErrorCode> error = {};
};
constexpr Answer route(std::size_t index) { return {.route = index}; }
constexpr Answer kNoRoute{.error = ErrorCode::route_not_found};
constexpr Answer kNoModel{.error = ErrorCode::model_not_found};

struct MatchRow {
  char const* name;
  std::vector<RouteRow> routes;
  std::string path;
  std::optional<std::string> model;
  Answer want;
  Headers headers = {};
  std::string method = "POST";
};
MatchRow const kMatchRows[] = {
    {"no_routes", {}, "/a", {}, kNoRoute},
    {"exact_path", {{"/a"}, {"/b"}}, "/b", {}, route(1)},
    {"exact_path_takes_nothing_below", {{"/a"}}, "/a/b", {}, kNoRoute},
    {"exact_path_with_slash_is_another", {{"/a"}}, "/a/", {}, kNoRoute},
    {"path_is_case_sensitive", {{"/A"}}, "/a", {}, kNoRoute},
    {"prefix_takes_what_is_below", {{"/a/*"}}, "/a/b/c", {}, route(0)},
    {"prefix_takes_itself_with_slash", {{"/a/*"}}, "/a/", {}, route(0)},
    {"prefix_does_not_take_itself_without", {{"/a/*"}}, "/a", {}, kNoRoute},
    {"prefix_ends_at_a_slash", {{"/a/*"}}, "/ab/c", {}, kNoRoute},
    {"everything", {{"/*"}}, "/any/thing", {}, route(0)},
    {"everything_takes_the_root", {{"/*"}}, "/", {}, route(0)},
    {"asterisk_form_is_no_path", {{"/*"}}, "*", {}, kNoRoute},
    {"a_star_elsewhere_is_a_character", {{"/a*"}, {"/x*/*"}}, "/ab", {}, kNoRoute},
    {"a_star_elsewhere_matches_itself", {{"/a*"}}, "/a*", {}, route(0)},
    {"long_prefix_first", {{"/a/b/*"}, {"/a/*"}, {"/*"}}, "/a/b/c", {}, route(0)},
    {"short_prefix_first_wins", {{"/*"}, {"/a/*"}, {"/a/b/c"}}, "/a/b/c", {}, route(0)},
    {"exact_after_prefix_loses", {{"/a/*"}, {"/a/b"}}, "/a/b", {}, route(0)},
    {"exact_before_prefix_wins", {{"/a/b"}, {"/a/*"}}, "/a/b", {}, route(0)},
    {"a_path_far_longer_than_any_prefix", {{"/a/*"}}, "/a/" + std::string(60'000, '/'), {}, route(0)},
    {"the_first_of_two_alike", {{"/a"}, {"/a"}}, "/a", {}, route(0)},

    {"method", {{"/a", {}, "GET"}, {"/a", {}, "POST"}}, "/a", {}, route(1)},
    {"other_method", {{"/a", {}, "GET"}}, "/a", {}, kNoRoute},
    {"method_then_any", {{"/a", {}, "GET"}, {"/a"}}, "/a", {}, route(1)},
    {"any_then_method", {{"/a"}, {"/a", {}, "POST"}}, "/a", {}, route(0)},

    {"header", {{"/a", {}, {}, {{"x-t", "1"}}}, {"/a", {}, {}, {{"x-t", "2"}}}}, "/a", {}, route(1), {{"X-T", "2"}}},
    {"other_header", {{"/a", {}, {}, {{"x-t", "1"}}}}, "/a", {}, kNoRoute, {{"x-t", "2"}}},
    {"header_then_any", {{"/a", {}, {}, {{"x-t", "1"}}}, {"/a"}}, "/a", {}, route(1)},
    {"any_then_header", {{"/a"}, {"/a", {}, {}, {{"x-t", "1"}}}}, "/a", {}, route(0), {{"x-t", "1"}}},
    {"header_glob_before_exact",
     {{"/a", {}, {}, {{"x-t", "e*"}}}, {"/a", {}, {}, {{"x-t", "eu"}}}},
     "/a",
     {},
     route(0),
     {{"x-t", "eu"}}},

    {"model", {{"/a", "x"}, {"/a", "y"}}, "/a", "y", route(1)},
    {"other_model", {{"/a", "x"}}, "/a", "y", kNoModel},
    {"no_model_given", {{"/a", "x"}}, "/a", {}, kNoModel},
    {"no_model_given_not_even_for_a_star", {{"/a", "*"}}, "/a", {}, kNoModel},
    {"no_model_then_any", {{"/a", "x"}, {"/a"}}, "/a", {}, route(1)},
    {"other_model_then_any", {{"/a", "x"}, {"/a"}}, "/a", "y", route(1)},
    {"any_then_model", {{"/a"}, {"/a", "x"}}, "/a", "x", route(0)},
    {"model_glob", {{"/a", "llama-*"}, {"/a", "gpt-*"}}, "/a", "gpt-4o", route(1)},
    {"exact_model_on_a_prefix_after_a_glob", {{"/*", "m*"}, {"/a", "m"}}, "/a", "m", route(0)},
    {"glob_on_a_prefix_after_an_exact_model", {{"/a", "m"}, {"/*", "m*"}}, "/a", "m", route(0)},
    {"model_on_a_prefix_when_the_path_has_another", {{"/a", "x"}, {"/*", "y"}}, "/a", "y", route(1)},
    {"any_model_on_a_prefix_first", {{"/*"}, {"/a", "x"}}, "/a", "x", route(0)},
    {"any_model_on_a_prefix_last", {{"/a", "x"}, {"/*"}}, "/a", "x", route(0)},

    {"model_under_another_path_is_no_route", {{"/b", "x"}}, "/a", "x", kNoRoute},
    {"model_under_another_method_is_no_route", {{"/a", "x", "GET"}}, "/a", "y", kNoRoute},
    {"model_under_another_header_is_no_route", {{"/a", "x", {}, {{"x-t", "1"}}}}, "/a", "y", kNoRoute},
    {"model_unknown_on_the_prefix_alone", {{"/b"}, {"/a/*", "x"}}, "/a/b", "y", kNoModel},
    {"model_with_method_and_header",
     {{"/a", "x", "POST", {{"x-t", "1"}}}, {"/a", "x"}},
     "/a",
     "x",
     route(0),
     {{"x-t", "1"}}},
};
class MatchTest : public testing::TestWithParam<MatchRow> {};

TEST_P(MatchTest, answers_with_the_first_route_in_file_order) {
  auto const& row = GetParam();
  RouteTable const table(routes_of(row.routes));
  Request const request(row.method, row.path, row.headers);
  auto const got = table.match(request.query(), row.model);
  ASSERT_EQ(got.has_value(), !row.want.error.has_value());
  if (got) {
    EXPECT_EQ(*got, row.want.route);
  } else {
    EXPECT_EQ(name(got.error().code), name(*row.want.error));
    EXPECT_EQ(got.error().side, Side::client);
  }
}
INSTANTIATE_TEST_SUITE_P(Rows, MatchTest, testing::ValuesIn(kMatchRows),
                         [](auto const& row) { return std::string(row.param.name); });

struct CandidatesRow {
  char const* name;
  std::vector<RouteRow> routes;
  std::string path;
  bool any;
  bool needs_model;
  Headers headers = {};
};
CandidatesRow const kCandidatesRows[] = {
    {"no_routes", {}, "/a", false, false},
    {"other_path", {{"/b", "x"}}, "/a", false, false},
    {"other_method", {{"/a", "x", "GET"}}, "/a", false, false},
    {"any_model", {{"/a"}}, "/a", true, false},
    {"a_model", {{"/a", "x"}}, "/a", true, true},
    {"a_star_needs_it_too", {{"/a", "*"}}, "/a", true, true},
    {"a_model_then_any", {{"/a", "x"}, {"/a"}}, "/a", true, true},
    {"any_then_a_model", {{"/a"}, {"/a", "x"}}, "/a", true, false},
    {"a_model_on_the_prefix_first", {{"/*", "x"}, {"/a"}}, "/a", true, true},
    {"a_model_on_the_prefix_last", {{"/a"}, {"/*", "x"}}, "/a", true, false},
    {"any_on_the_prefix_first", {{"/*"}, {"/a", "x"}}, "/a", true, false},
    {"a_model_first_under_another_method", {{"/a", "x", "GET"}, {"/a"}}, "/a", true, false},
    {"a_model_first_under_another_header", {{"/a", "x", {}, {{"x-t", "1"}}}, {"/a"}}, "/a", true, false},
    {"a_model_first_under_this_header", {{"/a", "x", {}, {{"x-t", "1"}}}, {"/a"}}, "/a", true, true, {{"x-t", "1"}}},
    {"any_first_under_this_header", {{"/a", {}, {}, {{"x-t", "1"}}}, {"/a", "x"}}, "/a", true, false, {{"x-t", "1"}}},
    {"any_first_under_another_header", {{"/a", {}, {}, {{"x-t", "1"}}}, {"/a", "x"}}, "/a", true, true},
};
class CandidatesTest : public testing::TestWithParam<CandidatesRow> {};

TEST_P(CandidatesTest, tell_whether_the_model_decides) {
  RouteTable const table(routes_of(GetParam().routes));
  Request const request("POST", GetParam().path, GetParam().headers);
  auto const got = table.candidates(request.query());
  EXPECT_EQ(got.any, GetParam().any);
  EXPECT_EQ(got.needs_model, GetParam().needs_model);
}
INSTANTIATE_TEST_SUITE_P(Rows, CandidatesTest, testing::ValuesIn(kCandidatesRows),
                         [](auto const& row) { return std::string(row.param.name); });

constexpr bool kOpen = false;   // auth: false
constexpr bool kClosed = true;  // auth: true

/// Routes on /a or /*: which model, and whether they ask for a key.
RouteRow a(std::optional<std::string> model, std::optional<bool> auth) {
  return {.path = "/a", .model = std::move(model), .auth = auth};
}
RouteRow all(std::optional<std::string> model, std::optional<bool> auth) {
  return {.path = "/*", .model = std::move(model), .auth = auth};
}

struct NeedsKeyRow {
  char const* name;
  std::vector<RouteRow> routes;
  bool required;  ///< keys.required
  bool needs_key;
};
NeedsKeyRow const kNeedsKeyRows[] = {
    {"nothing_matches", {{"/b", {}, {}, {}, kClosed}}, false, false},
    {"nothing_matches_where_keys_are_required", {{"/b", {}, {}, {}, kOpen}}, true, true},
    {"as_keys_say", {a({}, {})}, false, false},
    {"as_keys_say_required", {a({}, {})}, true, true},
    {"open", {a({}, kOpen)}, true, false},
    {"closed", {a({}, kClosed)}, false, true},
    {"closed_then_open_of_the_same", {a({}, kClosed), a({}, kOpen)}, false, true},
    {"open_then_closed_of_the_same", {a({}, kOpen), a({}, kClosed)}, false, false},
    {"one_model_is_open", {a("x", kClosed), a("y", kOpen)}, true, false},
    {"all_models_are_closed", {a("x", kClosed), a("y", {}), a({}, {})}, true, true},
    {"the_rest_is_open", {a("x", {}), a({}, kOpen)}, true, false},
    {"an_open_model_hidden_by_a_closed_route", {a({}, kClosed), a("x", kOpen)}, false, true},
    {"an_open_model_on_the_prefix_hidden", {a({}, kClosed), all("x", kOpen)}, false, true},
    {"an_open_model_on_the_prefix_first", {all("x", kOpen), a({}, kClosed)}, false, false},
    {"an_open_prefix_behind", {a({}, kClosed), all({}, kOpen)}, false, true},
    {"an_open_prefix_first", {all({}, kOpen), a({}, kClosed)}, false, false},
    {"open_for_another_method", {{"/a", {}, "GET", {}, kOpen}, a({}, kClosed)}, false, true},
    {"open_for_another_header", {{"/a", {}, {}, {{"x-t", "1"}}, kOpen}, a({}, kClosed)}, false, true},
};
class NeedsKeyTest : public testing::TestWithParam<NeedsKeyRow> {};

TEST_P(NeedsKeyTest, when_no_route_that_may_win_is_open) {
  RouteTable const table(routes_of(GetParam().routes), {.required = GetParam().required, .static_keys = {}});
  Request const request("POST", "/a", {});
  EXPECT_EQ(table.candidates(request.query()).needs_key, GetParam().needs_key);
}
INSTANTIATE_TEST_SUITE_P(Rows, NeedsKeyTest, testing::ValuesIn(kNeedsKeyRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(RouteTableTest, no_route_that_may_win_is_above_the_candidates_priority) {
  RouteTable const table(routes_of({{"/a", "x", {}, {}, {}, -2},
                                    {"/a", "y", {}, {}, {}, 3},
                                    {"/a", {}, "GET", {}, {}, 9},
                                    {"/b/*", {}, {}, {}, {}, -5}}));
  EXPECT_EQ(table.candidates(Request("POST", "/a", {}).query()).priority, 3);
  EXPECT_EQ(table.candidates(Request("GET", "/a", {}).query()).priority, 9);
  EXPECT_EQ(table.candidates(Request("POST", "/b/c", {}).query()).priority, -5);
}

struct TailRow {
  char const* name;
  std::string_view pattern;
  std::string_view path;
  std::string_view want;
};
constexpr TailRow kTailRows[] = {
    {"exact", "/a/b", "/a/b", ""}, {"below", "/a/*", "/a/b/c", "b/c"},
    {"itself", "/a/*", "/a/", ""}, {"everything", "/*", "/a/b", "a/b"},
    {"the_root", "/*", "/", ""},   {"with_a_slash_at_its_end", "/a/*", "/a/b/", "b/"},
};
class MatchedTailTest : public testing::TestWithParam<TailRow> {};

TEST_P(MatchedTailTest, is_what_the_star_stands_for) {
  EXPECT_EQ(matched_tail(GetParam().pattern, GetParam().path), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, MatchedTailTest, testing::ValuesIn(kTailRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(RouteTableTest, can_be_moved) {
  RouteTable first(routes_of({{"/a"}}));
  RouteTable second(std::move(first));
  first = std::move(second);
  Request const request("GET", "/a", {});
  EXPECT_EQ(first.match(request.query(), {}).value(), 0U);
}

}  // namespace
}  // namespace inferway::routing
