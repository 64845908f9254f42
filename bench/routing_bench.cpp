// What it costs to find a route: it must not grow with the number of routes, whatever these differ by.

#include "inferway/routing/route_table.hpp"
#include "routing/tables.hpp"

#include <benchmark/benchmark.h>

#include <deque>
#include <random>

namespace inferway::routing {
namespace {

/// Route `i` of a table, and a request that only it takes.
struct Case {
  RouteRow route;
  std::string path;
  std::optional<std::string> model;
  Headers headers;
};
using Shape = Case (*)(std::size_t i);

constexpr auto kPath = "/v1/chat/completions";

std::string numbered(std::string_view before, std::size_t i, std::string_view behind = "") {
  return std::string(before) + std::to_string(i) + std::string(behind);
}

Case exact_models(std::size_t i) {
  auto const model = numbered("model-", i);
  return {.route = {kPath, model}, .path = kPath, .model = model, .headers = {}};
}
Case glob_fronts(std::size_t i) {
  return {.route = {kPath, numbered("model-", i, "-*")},
          .path = kPath,
          .model = numbered("model-", i, "-instruct"),
          .headers = {}};
}
Case glob_backs(std::size_t i) {
  return {
      .route = {kPath, numbered("*-model-", i)}, .path = kPath, .model = numbered("llama-model-", i), .headers = {}};
}
Case globs_with_two_ends(std::size_t i) {
  return {.route = {kPath, numbered("team-", i, "/*-instruct")},
          .path = kPath,
          .model = numbered("team-", i, "/llama-instruct"),
          .headers = {}};
}
Case paths(std::size_t i) {
  auto const path = numbered("/team-", i, kPath);
  return {.route = {path}, .path = path, .model = {}, .headers = {}};
}
Case prefixes(std::size_t i) {
  return {.route = {numbered("/team-", i, "/*")}, .path = numbered("/team-", i, kPath), .model = {}, .headers = {}};
}
Case paths_with_models(std::size_t i) {
  auto const path = numbered("/team-", i, kPath);
  return {.route = {path, "llama-*"}, .path = path, .model = "llama-3", .headers = {}};
}
Case header_values(std::size_t i) {
  Headers const headers{{"x-tenant", numbered("tenant-", i)}};
  return {.route = {kPath, {}, {}, headers}, .path = kPath, .model = {}, .headers = headers};
}

/// What a client's library sends besides.
Headers with_usual_headers(Headers headers) {
  for (auto const* name : {"Host", "Accept", "Accept-Encoding", "User-Agent", "Content-Type", "Content-Length",
                           "Authorization", "X-Stainless-Lang", "X-Stainless-Runtime", "X-Stainless-Retry-Count"}) {
    headers.insert(headers.begin(), {name, "some value"});
  }
  return headers;
}

/// Requests for routes drawn from the whole table, one after the other: nothing of a large table stays in the caches
/// but what a table of its kind must share.
void find_routes(benchmark::State& state, Shape shape) {
  auto const size = static_cast<std::size_t>(state.range(0));
  std::vector<RouteRow> rows;
  for (std::size_t i = 0; i < size; ++i) rows.push_back(shape(i).route);
  RouteTable const table(routes_of(rows));
  std::mt19937 random(1);
  std::deque<Request> requests;
  std::vector<std::optional<std::string>> models;
  for (int i = 0; i < 1024; ++i) {
    auto const drawn = shape(random() % size);
    requests.emplace_back("POST", drawn.path, with_usual_headers(drawn.headers));
    models.push_back(drawn.model);
  }
  std::size_t next = 0;
  for (auto _ : state) {
    auto const query = requests[next].query();
    benchmark::DoNotOptimize(table.candidates(query));
    auto const route = table.match(query, models[next]);
    if (!route) state.SkipWithError("no route");
    next = (next + 1) % models.size();
  }
}

void no_route(benchmark::State& state) {
  auto const size = static_cast<std::size_t>(state.range(0));
  std::vector<RouteRow> rows;
  for (std::size_t i = 0; i < size; ++i) rows.push_back(exact_models(i).route);
  RouteTable const table(routes_of(rows));
  Request const request("POST", kPath, with_usual_headers({}));
  for (auto _ : state) {
    auto const route = table.match(request.query(), "unknown");
    if (route) state.SkipWithError("a route");
  }
}

/// A client's path of 30,000 slashes, beside prefixes that it could be looked up for.
void path_of_slashes(benchmark::State& state) {
  std::vector<RouteRow> rows;
  for (std::size_t i = 0; i < static_cast<std::size_t>(state.range(0)); ++i) rows.push_back(prefixes(i).route);
  RouteTable const table(routes_of(rows));
  std::string path;
  for (int i = 0; i < 30'000; ++i) path += "/a";
  Request const request("POST", path, with_usual_headers({}));
  for (auto _ : state) benchmark::DoNotOptimize(table.candidates(request.query()));
}

void sizes(benchmark::internal::Benchmark* bench) { bench->Arg(10)->Arg(1'000)->Arg(100'000); }

BENCHMARK_CAPTURE(find_routes, exact_models, exact_models)->Apply(sizes);
BENCHMARK_CAPTURE(find_routes, glob_fronts, glob_fronts)->Apply(sizes);
BENCHMARK_CAPTURE(find_routes, glob_backs, glob_backs)->Apply(sizes);
BENCHMARK_CAPTURE(find_routes, globs_with_two_ends, globs_with_two_ends)->Apply(sizes);
BENCHMARK_CAPTURE(find_routes, paths, paths)->Apply(sizes);
BENCHMARK_CAPTURE(find_routes, prefixes, prefixes)->Apply(sizes);
BENCHMARK_CAPTURE(find_routes, paths_with_models, paths_with_models)->Apply(sizes);
BENCHMARK_CAPTURE(find_routes, header_values, header_values)->Apply(sizes);
BENCHMARK(no_route)->Apply(sizes);
BENCHMARK(path_of_slashes)->Apply(sizes);

}  // namespace
}  // namespace inferway::routing
