#include "inferway/balance/least_requests.hpp"

#include "draw.hpp"
#include "inferway/base/assert.hpp"

namespace inferway::balance {

std::size_t least_requests(std::span<Load const> loads, Random& random, std::size_t excluded) {
  INFERWAY_ASSERT(!loads.empty());
  Draw const draw(loads);
  return better_of_two(draw, random, excluded, [&](std::size_t a, std::size_t b) {
    return loads[a].inflight * draw.weight(b) < loads[b].inflight * draw.weight(a);
  });
}

}  // namespace inferway::balance
