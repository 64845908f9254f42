#include "inferway/routing/mismatch.hpp"

#include "tables.hpp"

#include <gtest/gtest.h>

namespace inferway::routing {
namespace {

struct Row {
  char const* name;
  RouteRow route;
  std::string path;
  std::optional<std::string> model;
  std::string want;  ///< a letter for each mismatch: Path, Method, Headers by their index, mOdel
};
Row const kRows[] = {
    {"takes_it", {"/v1/*", "m*", "POST", {{"x-a", "1*"}}}, "/v1/x", "mm", ""},
    {"path", {"/v1/chat"}, "/v1/chat/", "m", "P"},
    {"path_of_a_prefix", {"/v1/*"}, "/v1", "m", "P"},
    {"prefix_itself", {"/v1/*"}, "/v1/", "m", ""},
    {"method", {"/a", {}, "GET"}, "/a", "m", "M"},
    {"method_by_case", {"/a", {}, "post"}, "/a", "m", "M"},
    {"header_missing", {"/a", {}, {}, {{"x-c", "*"}}}, "/a", "m", "0"},
    {"header_differs", {"/a", {}, {}, {{"x-a", "1"}, {"x-b", "2"}}}, "/a", "m", "0"},
    {"header_of_several_lines", {"/a", {}, {}, {{"x-b", "3"}}}, "/a", "m", ""},
    {"model", {"/a", "x-*"}, "/a", "m", "O"},
    {"no_model", {"/a", "*"}, "/a", {}, "O"},
    {"all_of_them", {"/a", "x", "GET", {{"x-a", "2"}, {"x-b", "3"}, {"x-c", "4"}}}, "/b", "m", "PM02O"},
};
class MismatchTest : public testing::TestWithParam<Row> {};

TEST_P(MismatchTest, names_all_that_differs) {
  auto const& row = GetParam();
  auto const route = routes_of({row.route});
  Request const request("POST", row.path, {{"X-A", "12"}, {"X-B", "2"}, {"x-b", "3"}});
  auto const got = mismatch(route[0].match, request.query(), row.model);
  std::string text;
  if (got.path) text += 'P';
  if (got.method) text += 'M';
  for (auto const header : got.headers) text += std::to_string(header);
  if (got.model) text += 'O';
  EXPECT_EQ(text, row.want);
  EXPECT_EQ(got.none(), row.want.empty());
}
INSTANTIATE_TEST_SUITE_P(Rows, MismatchTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::routing
