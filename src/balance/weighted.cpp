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
  for (auto const weight : weights) turns_.push_back({.weight = weighted ? weight : 1, .credit = 0});
}

std::size_t SmoothWeighted::next(std::size_t excluded) {
  std::size_t best = kNoEndpoint;
  std::int64_t raised = 0;
  for (std::size_t i = 0; i < turns_.size(); ++i) {
    auto& turn = turns_[i];
    if (turn.weight == 0 || i == excluded) continue;
    turn.credit += turn.weight;
    raised += turn.weight;
    if (best == kNoEndpoint || turn.credit > turns_[best].credit) best = i;
  }
  if (best == kNoEndpoint) return excluded;  // the only one: it has its turn after all
  turns_[best].credit -= raised;
  return best;
}

}  // namespace inferway::balance
