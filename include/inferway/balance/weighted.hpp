#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "inferway/balance/random.hpp"

namespace inferway::balance {

/// An index, each with a chance in proportion to its weight; 0 is never chosen. At least one weight is not 0, and
/// their sum is below 2^32.
[[nodiscard]] std::size_t choose_weighted(std::span<std::uint32_t const> weights, Random& random);

/// Turns in proportion to the weights, and as evenly spread as these allow: 5, 1, 1 gives a a b a c a a, not a a a a
/// a b c. (Each choice raises every index by its weight; the highest is taken and pays the sum.)
class SmoothWeighted {
 public:
  explicit SmoothWeighted(std::vector<std::uint32_t> const& weights);

  /// The next index. One of weight 0 never has a turn, unless all are 0: then it is the first.
  [[nodiscard]] std::size_t next();

 private:
  struct Turn {
    std::int64_t weight = 0;
    std::int64_t credit = 0;
  };
  std::vector<Turn> turns_;
  std::int64_t total_ = 0;
};

}  // namespace inferway::balance
