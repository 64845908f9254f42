// What it costs to choose an endpoint: each method, as a request does it, among few and among many.

#include "inferway/balance/candidates.hpp"
#include "inferway/balance/ewma.hpp"
#include "inferway/balance/least_requests.hpp"
#include "inferway/balance/weighted.hpp"

#include <benchmark/benchmark.h>

#include <vector>

namespace inferway::balance {
namespace {

constexpr TimePoint kNow{std::chrono::hours(1)};

/// Endpoints of unlike weights, with unlike numbers of requests in flight.
std::vector<Load> loads_of(benchmark::State const& state) {
  std::vector<Load> loads(static_cast<std::size_t>(state.range(0)));
  for (std::uint32_t i = 0; auto& load : loads) {
    load = {.inflight = i * 7 % 5, .weight = 1 + i % 3};
    ++i;
  }
  return loads;
}

template <typename Choose>
void choose(benchmark::State& state, std::vector<Load>& loads, Choose choose_one) {
  for (auto _ : state) {
    auto const candidates = admit_all({}, loads);
    if (candidates.offer != Offer::healthy) return state.SkipWithError("none is offered");
    auto const index = choose_one();
    if (index == kNoEndpoint) return state.SkipWithError("none is chosen");
    benchmark::DoNotOptimize(index);
  }
}

void choose_by_turns(benchmark::State& state) {
  auto loads = loads_of(state);
  std::vector<std::uint32_t> weights;
  weights.reserve(loads.size());
  for (auto const& load : loads) weights.push_back(load.weight);
  SmoothWeighted turns(weights);
  choose(state, loads, [&] { return turns.next(loads); });
}

void choose_by_least_requests(benchmark::State& state) {
  auto loads = loads_of(state);
  Random random(1);
  choose(state, loads, [&] { return least_requests(loads, random); });
}

void choose_by_ewma(benchmark::State& state) {
  auto loads = loads_of(state);
  std::vector<Memory> memories;
  memories.reserve(loads.size());
  for (std::size_t i = 0; i < loads.size(); ++i) {
    auto const took = std::chrono::milliseconds(100 + 10 * (i % 9));
    memories.push_back(remember(kNothing, Outcome::answered, took, kNow));
  }
  Random random(1);
  choose(state, loads, [&] { return ewma(loads, memories, kNow + std::chrono::seconds(1), random); });
}

/// The endpoint's memory of how an attempt went.
void remember_an_answer(benchmark::State& state) {
  auto now = kNow;
  auto memory = kNothing;
  for (auto _ : state) {
    now += std::chrono::milliseconds(2);
    memory = remember(memory, Outcome::answered, std::chrono::milliseconds(100), now);
    benchmark::DoNotOptimize(memory);
  }
}

BENCHMARK(choose_by_turns)->Arg(2)->Arg(16)->Arg(128);
BENCHMARK(choose_by_least_requests)->Arg(2)->Arg(16)->Arg(128);
BENCHMARK(choose_by_ewma)->Arg(2)->Arg(16)->Arg(128);
BENCHMARK(remember_an_answer);

}  // namespace
}  // namespace inferway::balance
