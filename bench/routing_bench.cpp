// What it costs to find a route, and that it does not depend on how many there are. Each shape is a way in which many
// routes may differ; read a row's times across 10, 1,000 and 100,000 routes.

#include "inferway/routing/route_table.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace inferway::routing {
namespace {

constexpr char const* kChat = "/v1/chat/completions";

/// One route, and a request that it takes.
struct Case {
  config::Match route;
  std::string path = kChat;
  std::string model = "some-model";
  std::string header = {};  ///< the value of x-tenant
};
using Shape = Case (*)(std::size_t);

config::Match match(std::string path, std::optional<std::string> model) {
  return {.path = std::move(path), .method = {}, .model = std::move(model), .headers = {}};
}

Case exact_model(std::size_t i) {
  auto const model = "llama-3." + std::to_string(i) + "-instruct";
  return {.route = match(kChat, model), .model = model};
}

Case exact_path(std::size_t i) {
  auto const path = "/team/" + std::to_string(i) + "/v1/chat/completions";
  return {.route = match(path, {}), .path = path};
}

/// A path for each team, and a model on each.
Case path_with_model(std::size_t i) {
  auto const path = "/team/" + std::to_string(i) + "/v1/chat/completions";
  return {.route = match(path, "some-*"), .path = path};
}

Case prefix(std::size_t i) {
  auto const front = "/team/" + std::to_string(i);
  return {.route = match(front + "/*", {}), .path = front + "/v1/chat/completions"};
}

std::string padded(std::size_t i) {
  auto const digits = std::to_string(i);
  return std::string(6 - digits.size(), '0') + digits;
}

Case front_of_one_length(std::size_t i) {
  auto const front = "model-" + padded(i) + '-';
  return {.route = match(kChat, front + "*"), .model = front + "8b"};
}

/// As people count: fronts of as many lengths as the highest number has digits.
Case numbered_front(std::size_t i) {
  auto const front = "model-" + std::to_string(i) + '-';
  return {.route = match(kChat, front + "*"), .model = front + "8b"};
}

/// Literal fronts of 8 to 47 bytes.
Case front_of_many_lengths(std::size_t i) {
  auto const front = padded(i) + std::string(2 + i % 40, '-');
  return {.route = match(kChat, front + "*"), .model = front + "8b"};
}

Case back_of_one_length(std::size_t i) {
  auto const back = "-model-" + padded(i);
  return {.route = match(kChat, "*" + back), .model = "8b" + back};
}

Case exact_header(std::size_t i) {
  auto const tenant = "tenant-" + std::to_string(i);
  Case out{.route = match(kChat, {}), .header = tenant};
  out.route.headers.push_back({.name = "x-tenant", .value = tenant});
  return out;
}

/// Of those that are tried one by one, the worst: nothing literal at either end. At most 1,000 of them.
Case glob_without_ends(std::size_t i) {
  auto const middle = "model-" + padded(i);
  return {.route = match(kChat, "*" + middle + "*"), .model = "a-" + middle + "-8b"};
}

http::RequestHead head_with(std::string_view tenant) {
  http::RequestHead head;
  auto const add = [&](std::string_view name, std::string_view value) {
    head.add({.name = name, .value = value, .id = http::field_id(name)});
  };
  add("Host", "gateway.example");
  add("Content-Type", "application/json");
  add("Authorization", "Bearer sk-0123456789");
  add("User-Agent", "OpenAI/Python 1.99.0");
  if (!tenant.empty()) add("X-Tenant", tenant);
  return head;
}

void find_route(benchmark::State& state, Shape shape) {
  auto const count = static_cast<std::size_t>(state.range(0));
  std::vector<config::Route> routes(count);
  for (std::size_t i = 0; i < count; ++i) routes[i].match = shape(i).route;
  RouteTable const table(routes);

  // Requests for routes all over the table, not always the one that is in the cache.
  constexpr std::size_t kRequests = 256;
  std::vector<Case> cases;
  for (std::size_t i = 0; i < kRequests; ++i) cases.push_back(shape(i * 7919 % count));
  std::vector<http::RequestHead> heads;
  for (auto const& one : cases) heads.push_back(head_with(one.header));

  std::size_t turn = 0;
  for (auto _ : state) {
    auto const& one = cases[turn];
    Query const query{.method = "POST", .path = one.path, .head = heads[turn]};
    auto const candidates = table.candidates(query);
    auto const model = candidates.needs_model ? std::optional<std::string_view>(one.model) : std::nullopt;
    auto const found = table.match(query, model, candidates.only_group);
    if (!found) return state.SkipWithError("no route");
    benchmark::DoNotOptimize(*found);
    turn = (turn + 1) % kRequests;
  }
}

#define FIND_ROUTE(shape) BENCHMARK_CAPTURE(find_route, shape, shape)->Arg(10)->Arg(1'000)->Arg(100'000)
FIND_ROUTE(exact_model);
FIND_ROUTE(exact_path);
FIND_ROUTE(path_with_model);
FIND_ROUTE(prefix);
FIND_ROUTE(front_of_one_length);
FIND_ROUTE(numbered_front);
FIND_ROUTE(front_of_many_lengths);
FIND_ROUTE(back_of_one_length);
FIND_ROUTE(exact_header);
BENCHMARK_CAPTURE(find_route, glob_without_ends, glob_without_ends)->Arg(10)->Arg(100)->Arg(1'000);

void compile_table(benchmark::State& state, Shape shape) {
  std::vector<config::Route> routes(static_cast<std::size_t>(state.range(0)));
  for (std::size_t i = 0; i < routes.size(); ++i) routes[i].match = shape(i).route;
  for (auto _ : state) benchmark::DoNotOptimize(RouteTable(routes));
}
BENCHMARK_CAPTURE(compile_table, exact_model, exact_model)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compile_table, exact_path, exact_path)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compile_table, exact_header, exact_header)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace inferway::routing
