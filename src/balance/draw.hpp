#pragma once

#include "inferway/balance/least_requests.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace inferway::balance {

/// A draw among the endpoints, each with a chance in proportion to its weight and share.
class Draw {
 public:
  explicit Draw(std::span<Load const> loads) : loads_(loads) {
    for (auto const& load : loads) weights_count_ = weights_count_ || load.weight > 0;
  }

  /// The index; kNoEndpoint when none is left to be drawn.
  [[nodiscard]] std::size_t among(Random& random, std::size_t left_out) const {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < loads_.size(); ++i) total += chance(i, left_out);
    if (total == 0) return kNoEndpoint;
    auto left = random.below(total);
    std::size_t index = 0;
    while (left >= chance(index, left_out)) left -= chance(index++, left_out);
    return index;
  }

  /// In hundredths, so that shares count. When all weights are 0 all count alike.
  [[nodiscard]] std::uint64_t weight(std::size_t index) const {
    return std::uint64_t{weights_count_ ? loads_[index].weight : 1} * loads_[index].share;
  }

 private:
  [[nodiscard]] std::uint64_t chance(std::size_t index, std::size_t left_out) const {
    return index == left_out ? 0 : weight(index);
  }

  std::span<Load const> loads_;
  bool weights_count_ = false;
};

/// Power of two choices: the one drawn first, unless `better(second, first)`; kNoEndpoint when none may be taken.
/// Precondition: `loads` is not empty.
template <typename Better>
[[nodiscard]] std::size_t better_of_two(Draw const& draw, Random& random, Better const& better) {
  auto const first = draw.among(random, kNoEndpoint);
  if (first == kNoEndpoint) return kNoEndpoint;
  auto const second = draw.among(random, first);
  if (second == kNoEndpoint) return first;
  return better(second, first) ? second : first;
}

}  // namespace inferway::balance
