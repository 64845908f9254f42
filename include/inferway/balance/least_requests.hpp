#pragma once

#include "inferway/balance/random.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace inferway::balance {

/// What one endpoint bears.
struct Load {
  std::uint32_t inflight = 0;
  std::uint32_t weight = 1;   ///< 0: takes nothing
  std::uint32_t share = 100;  ///< of its weight, in percent, while it starts slowly; 0: it must not be taken
};

/// Where there is none.
inline constexpr std::size_t kNoEndpoint = std::numeric_limits<std::size_t>::max();

/// Power of two choices: two different endpoints are drawn in proportion to their weights, and the one with fewer
/// requests in flight per weight is taken, of equals the one drawn first. So idle endpoints are used in proportion to
/// their weights, loaded ones evenly, and callers do not all run to the same idle one.
///
/// One of weight 0 is never taken unless all are 0 (then all count alike), one of share 0 never at all: kNoEndpoint
/// when there is no other. Precondition: `loads` is not empty. Allocates nothing; linear.
[[nodiscard]] std::size_t least_requests(std::span<Load const> loads, Random& random);

}  // namespace inferway::balance
