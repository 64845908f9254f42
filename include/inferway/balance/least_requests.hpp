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
  std::uint32_t weight = 1;  ///< 0: drained, takes nothing
};

/// Where nothing is excluded.
inline constexpr std::size_t kNoEndpoint = std::numeric_limits<std::size_t>::max();

/// Power of two choices: two different endpoints are drawn in proportion to their weights, and the one with fewer
/// requests in flight per weight is taken, of equals the one drawn first. So idle endpoints are used in proportion to
/// their weights, loaded ones evenly, and callers do not all run to the same idle one.
///
/// One of weight 0 is never taken unless all are 0 (then all count alike); `excluded`, the endpoint that failed just
/// now, only when no other may be taken. Precondition: `loads` is not empty. Allocates nothing; linear.
[[nodiscard]] std::size_t least_requests(std::span<Load const> loads, Random& random,
                                         std::size_t excluded = kNoEndpoint);

}  // namespace inferway::balance
