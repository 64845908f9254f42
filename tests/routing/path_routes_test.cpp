#include "path_routes.hpp"

#include "tables.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace inferway::routing {
namespace {

struct GroupsRow {
  char const* name;
  std::vector<RouteRow> routes;  ///< their path does not matter
  std::string method;
  Headers headers;
  std::vector<std::size_t> want;  ///< the first routes of the groups that take the query, ascending
};
GroupsRow const kGroupsRows[] = {
    {"no_conditions_are_one_group", {{"", "a"}, {"", "b"}, {""}}, "GET", {}, {0}},
    {"methods_are_groups", {{"", {}, "GET"}, {"", {}, "POST"}, {""}}, "POST", {}, {1, 2}},
    {"method_is_case_sensitive", {{"", {}, "GET"}}, "get", {}, {}},
    {"exact_header", {{"", {}, {}, {{"x-a", "1"}}}, {"", {}, {}, {{"x-a", "2"}}}}, "GET", {{"X-A", "2"}}, {1}},
    {"exact_header_value_is_case_sensitive", {{"", {}, {}, {{"x-a", "On"}}}}, "GET", {{"x-a", "on"}}, {}},
    {"missing_header", {{"", {}, {}, {{"x-a", "1"}}}}, "GET", {{"x-b", "1"}}, {}},
    {"header_glob", {{"", {}, {}, {{"x-a", "eu-*"}}}}, "GET", {{"x-a", "eu-west"}}, {0}},
    {"header_glob_of_another_value", {{"", {}, {}, {{"x-a", "eu-*"}}}}, "GET", {{"x-a", "us-west"}}, {}},
    {"any_value_but_present", {{"", {}, {}, {{"x-a", "*"}}}}, "GET", {{"x-a", ""}}, {0}},
    {"any_value_but_absent", {{"", {}, {}, {{"x-a", "*"}}}}, "GET", {}, {}},
    {"empty_value", {{"", {}, {}, {{"x-a", ""}}}}, "GET", {{"x-a", ""}}, {0}},
    {"all_headers_must_fit", {{"", {}, {}, {{"x-a", "1"}, {"x-b", "2"}}}}, "GET", {{"x-a", "1"}, {"x-b", "3"}}, {}},
    {"exact_behind_a_glob", {{"", {}, {}, {{"x-a", "e*"}, {"x-b", "2"}}}}, "GET", {{"x-b", "2"}, {"x-a", "eu"}}, {0}},
    {"any_of_a_repeated_field", {{"", {}, {}, {{"x-a", "2"}}}}, "GET", {{"x-a", "1"}, {"x-a", "2"}}, {0}},
    {"method_and_header", {{"", {}, "PUT", {{"x-a", "1"}}}}, "GET", {{"x-a", "1"}}, {}},
    {"two_header_names",
     {{"", {}, {}, {{"x-a", "1"}}}, {"", {}, {}, {{"x-b", "1"}}}},
     "GET",
     {{"x-b", "1"}, {"x-a", "1"}},
     {0, 1}},
    {"same_conditions_join",
     {{"", "a", "GET", {{"x-a", "1"}}}, {"", "b", "GET", {{"x-a", "1"}}}},
     "GET",
     {{"x-a", "1"}},
     {0}},
    {"conditions_are_not_mixed_up", {{"", {}, "GET"}, {"", {}, {}, {{"get", ""}}}}, "GET", {}, {0}},
};
class PathRoutesTest : public testing::TestWithParam<GroupsRow> {};

TEST_P(PathRoutesTest, visits_the_groups_whose_conditions_hold) {
  PathRoutes routes;
  auto const all = routes_of(GetParam().routes);
  for (std::size_t i = 0; i < all.size(); ++i) routes.add(all[i].match, i, false);
  Request const request(GetParam().method, "/", GetParam().headers);
  std::vector<std::size_t> visited;
  routes.each_group(request.query(),
                    [&](RouteGroup const& group) { visited.push_back(std::min(group.any_model, group.with_model)); });
  std::ranges::sort(visited);
  EXPECT_EQ(visited, GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, PathRoutesTest, testing::ValuesIn(kGroupsRows),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::routing
