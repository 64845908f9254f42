#pragma once

#include "inferway/balance/least_requests.hpp"
#include "inferway/balance/random.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace inferway::balance {

/// An index, each with a chance in proportion to its weight; one of weight 0 is never chosen. Precondition: some weight
/// is not 0. Allocates nothing; linear.
[[nodiscard]] std::size_t choose_weighted(std::span<std::uint32_t const> weights, Random& random);

/// Turns in proportion to the weights, and as evenly spread as these allow: 5, 1, 1 gives a a b a c a a, not a a a a
/// a b c. (Each choice raises every index by its weight; the highest is taken and pays what all were raised by.)
class SmoothWeighted {
 public:
  /// Precondition: `weights` is not empty. When all are 0, all count alike.
  explicit SmoothWeighted(std::span<std::uint32_t const> weights);

  /// The next index. One of weight 0 never has a turn, unless all are 0. Allocates nothing; linear.
  [[nodiscard]] std::size_t next();
  /// The same among `loads` (as many as there were weights) whose share is not 0, by weight and share; kNoEndpoint when
  /// there is none. One that has no turn gains no credit meanwhile, so it is not made up for.
  [[nodiscard]] std::size_t next(std::span<Load const> loads);

 private:
  struct Turn {
    std::int64_t weight = 0;  ///< in hundredths, so that shares count
    std::int64_t credit = 0;  ///< between minus and plus the sum of all weights
  };
  template <typename Weight>
  [[nodiscard]] std::size_t next_by(Weight const& weight);

  std::vector<Turn> turns_;
};

}  // namespace inferway::balance
