#include "inferway/balance/least_requests.hpp"

#include "inferway/base/assert.hpp"

namespace inferway::balance {

namespace {

/// A draw among the endpoints, each with a chance in proportion to its weight, without the two that are left out.
class Draw {
 public:
  Draw(std::span<Load const> loads, bool weights_count) : loads_(loads), weights_count_(weights_count) {}

  /// The index; kNoEndpoint when none is left to be drawn.
  [[nodiscard]] std::size_t among(Random& random, std::size_t left_out, std::size_t left_out_too) const {
    auto const chance = [&](std::size_t i) -> std::uint64_t {
      if (i == left_out || i == left_out_too) return 0;
      return weights_count_ ? loads_[i].weight : 1;
    };
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < loads_.size(); ++i) total += chance(i);
    if (total == 0) return kNoEndpoint;
    auto left = random.below(total);
    std::size_t index = 0;
    while (left >= chance(index)) left -= chance(index++);
    return index;
  }

  [[nodiscard]] bool lighter(std::size_t a, std::size_t b) const {
    std::uint64_t const weight_a = weights_count_ ? loads_[a].weight : 1;
    std::uint64_t const weight_b = weights_count_ ? loads_[b].weight : 1;
    return loads_[a].inflight * weight_b < loads_[b].inflight * weight_a;
  }

 private:
  std::span<Load const> loads_;
  bool weights_count_;  ///< false: all are 0
};

}  // namespace

std::size_t least_requests(std::span<Load const> loads, Random& random, std::size_t excluded) {
  INFERWAY_ASSERT(!loads.empty());
  bool weighted = false;
  for (auto const& load : loads) weighted = weighted || load.weight > 0;
  Draw const draw(loads, weighted);
  auto const first = draw.among(random, excluded, kNoEndpoint);
  if (first == kNoEndpoint) return draw.among(random, kNoEndpoint, kNoEndpoint);
  auto const second = draw.among(random, excluded, first);
  if (second == kNoEndpoint) return first;
  return draw.lighter(second, first) ? second : first;
}

}  // namespace inferway::balance
