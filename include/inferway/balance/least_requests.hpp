#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "inferway/balance/random.hpp"

namespace inferway::balance {

/// What one endpoint bears.
struct Load {
  std::uint32_t inflight = 0;
  std::uint32_t weight = 1;  ///< 0: takes nothing
};

/// Power of two choices: two different endpoints are drawn, and the one with fewer requests in flight per weight is
/// taken. Near the best choice without all callers running to the same idle endpoint. The index; 0 when all weights are 0.
[[nodiscard]] std::size_t least_requests(std::span<Load const> loads, Random& random);

}  // namespace inferway::balance
