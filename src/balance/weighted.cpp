#include "inferway/balance/weighted.hpp"

#include "inferway/base/assert.hpp"

#include <algorithm>

namespace inferway::balance {

std::size_t choose_weighted(std::span<std::uint32_t const> weights, Random& random) {
  std::uint64_t total = 0;
  for (auto const weight : weights) total += weight;
  INFERWAY_ASSERT(total > 0);
  auto left = random.below(total);
  std::size_t index = 0;
  while (left >= weights[index]) left -= weights[index++];
  return index;
}

SmoothWeighted::SmoothWeighted(std::span<std::uint32_t const> weights) {
  INFERWAY_ASSERT(!weights.empty());
  bool const weighted = std::ranges::any_of(weights, [](std::uint32_t weight) { return weight > 0; });
  for (auto const weight : weights)
    turns_.push_back({.weight = 100 * std::int64_t{weighted ? weight : 1}, .credit = 0});
}

template <typename Weight>
std::size_t SmoothWeighted::next_by(Weight const& weight) {
  std::size_t best = kNoEndpoint;
  std::int64_t raised = 0;
  for (std::size_t i = 0; i < turns_.size(); ++i) {
    auto const by = weight(i);
    if (by == 0) continue;
    turns_[i].credit += by;
    raised += by;
    if (best == kNoEndpoint || turns_[i].credit > turns_[best].credit) best = i;
  }
  if (best != kNoEndpoint) turns_[best].credit -= raised;
  return best;
}

std::size_t SmoothWeighted::next() {
  return next_by([this](std::size_t i) { return turns_[i].weight; });
}

std::size_t SmoothWeighted::next(std::span<Load const> loads) {
  INFERWAY_ASSERT(loads.size() == turns_.size());
  return next_by([&](std::size_t i) { return turns_[i].weight / 100 * loads[i].share; });
}

}  // namespace inferway::balance
