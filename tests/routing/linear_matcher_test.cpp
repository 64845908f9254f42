// The compiled table beside the plain reading of the contract: the first route, in file order, that matches.

#include "inferway/base/text.hpp"
#include "inferway/routing/mismatch.hpp"
#include "inferway/routing/route_table.hpp"
#include "tables.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace inferway::routing {
namespace {

bool path_fits(std::string_view pattern, std::string_view path) {
  if (!pattern.ends_with("/*")) return pattern == path;
  return path.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool fits_but_for_its_model(config::Match const& match, Query const& query) {
  if (!path_fits(match.path, query.path) || (match.method && *match.method != query.method)) return false;
  return std::ranges::all_of(match.headers, [&](auto const& wanted) {
    return std::ranges::any_of(query.head.fields, [&](auto const& field) {
      return iequals(field.name, wanted.name) && glob_match(wanted.value, field.value);
    });
  });
}

/// The index, or nothing and in `error` why.
std::optional<std::size_t> first_match(std::vector<config::Route> const& routes, Query const& query,
                                       std::optional<std::string> const& model, ErrorCode& error) {
  error = ErrorCode::route_not_found;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    auto const& match = routes[i].match;
    if (!fits_but_for_its_model(match, query)) continue;
    if (!match.model || (model && glob_match(*match.model, *model))) return i;
    error = ErrorCode::model_not_found;
  }
  return std::nullopt;
}

/// The same by what explains each route.
std::optional<std::size_t> first_without_mismatch(std::vector<config::Route> const& routes, Query const& query,
                                                  std::optional<std::string> const& model) {
  auto const first =
      std::ranges::find_if(routes, [&](auto const& route) { return mismatch(route.match, query, model).none(); });
  if (first == routes.end()) return std::nullopt;
  return static_cast<std::size_t>(first - routes.begin());
}

/// Whether the answer depends on the model: the first route that fits, its model aside, wants one.
bool model_decides(std::vector<config::Route> const& routes, Query const& query) {
  auto const first =
      std::ranges::find_if(routes, [&](auto const& r) { return fits_but_for_its_model(r.match, query); });
  return first != routes.end() && first->match.model.has_value();
}

/// Tables and requests over so few words that they meet all the time.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return random_() % bound; }
  template <std::size_t Size>
  std::string one_of(std::string_view const (&words)[Size]) {
    return std::string(words[below(Size)]);
  }
  std::string path() {
    static constexpr std::string_view kPaths[] = {"/", "/a", "/a/", "/a/b", "/a/b/c", "/b", "/b/a", "/ab"};
    return one_of(kPaths);
  }
  std::string pattern() {
    auto path = this->path();
    if (below(2) == 0) path += path.ends_with('/') ? "*" : "/*";
    return path;
  }
  std::string method() {
    static constexpr std::string_view kMethods[] = {"GET", "POST"};
    return one_of(kMethods);
  }
  std::string model() { return word(4, {"a", "b", "-"}); }
  std::string glob() { return word(4, {"a", "b", "-", "*"}); }
  Headers headers(bool globs) {
    static constexpr std::string_view kNames[] = {"x-a", "x-b"};
    static constexpr std::string_view kValues[] = {"1", "2", "12", "1*", "*"};
    Headers out;
    for (auto left = below(3); left > 0; --left) out.emplace_back(one_of(kNames), kValues[below(globs ? 5 : 3)]);
    return out;
  }
  RouteRow route() {
    RouteRow row{.path = pattern()};
    if (below(3) > 0) row.model = glob();
    if (below(3) == 0) row.method = method();
    if (below(2) == 0) row.headers = headers(true);
    return row;
  }

 private:
  std::string word(std::size_t longest, std::vector<std::string_view> const& parts) {
    std::string out;
    for (auto left = 1 + below(longest); left > 0; --left) out += parts[below(parts.size())];
    return out;
  }
  std::mt19937 random_;
};

TEST(RouteTableTest, agrees_with_a_linear_search_on_random_tables) {
  Dice dice(20'26);
  std::size_t found = 0;
  for (int round = 0; round < 600; ++round) {
    std::vector<RouteRow> rows;
    for (auto left = 1 + dice.below(30); left > 0; --left) rows.push_back(dice.route());
    auto const routes = routes_of(rows);
    RouteTable const table(routes);
    for (int i = 0; i < 60; ++i) {
      Request const request(dice.method(), dice.path(), dice.headers(false));
      auto const model = dice.below(4) == 0 ? std::nullopt : std::optional(dice.model());
      auto const query = request.query();
      SCOPED_TRACE("round " + std::to_string(round) + ", " + std::string(query.method) + " " + std::string(query.path) +
                   ", model " + model.value_or("none"));
      ErrorCode error{};
      auto const want = first_match(routes, query, model, error);
      auto const got = table.match(query, model);
      ASSERT_EQ(got.has_value(), want.has_value());
      if (want) ASSERT_EQ(*got, *want);
      if (!want) ASSERT_EQ(name(got.error().code), name(error));
      auto const candidates = table.candidates(query);
      ASSERT_EQ(candidates.needs_model, model_decides(routes, query));
      ASSERT_EQ(candidates.any, want || error == ErrorCode::model_not_found);
      auto const again = table.match(query, model, candidates.only_group);
      ASSERT_EQ(again.has_value(), want.has_value());
      if (want) ASSERT_EQ(*again, *want);
      if (!want) ASSERT_EQ(name(again.error().code), name(error));
      ASSERT_EQ(first_without_mismatch(routes, query, model), want);
      found += want ? 1U : 0U;
    }
  }
  EXPECT_GT(found, 5'000U);
}

}  // namespace
}  // namespace inferway::routing
