#include "inferway/balance/weighted.hpp"

namespace inferway::balance {

std::size_t choose_weighted(std::span<std::uint32_t const> weights, Random& random) {
  if (weights.size() == 1) return 0;
  std::uint32_t total = 0;
  for (auto const weight : weights) total += weight;
  auto left = random.below(total);
  std::size_t index = 0;
  while (left >= weights[index]) left -= weights[index++];
  return index;
}

SmoothWeighted::SmoothWeighted(std::vector<std::uint32_t> const& weights) {
  for (auto const weight : weights) {
    turns_.push_back({.weight = weight, .credit = 0});
    total_ += weight;
  }
}

std::size_t SmoothWeighted::next() {
  std::size_t best = 0;
  for (std::size_t i = 0; i < turns_.size(); ++i) {
    turns_[i].credit += turns_[i].weight;
    bool const better = turns_[i].credit > turns_[best].credit || turns_[best].weight == 0;
    if (turns_[i].weight > 0 && better) best = i;
  }
  turns_[best].credit -= total_;
  return best;
}

}  // namespace inferway::balance
