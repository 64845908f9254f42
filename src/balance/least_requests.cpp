#include "inferway/balance/least_requests.hpp"

#include "draw.hpp"
#include "inferway/base/assert.hpp"

namespace inferway::balance {

std::size_t least_requests(std::span<Load const> loads, Random& random) {
  INFERWAY_ASSERT(!loads.empty());
  Draw const draw(loads);
  return better_of_two(draw, random, [&](std::size_t a, std::size_t b) {
    __extension__ using Wide = unsigned __int128;
    return loads[a].inflight * Wide{draw.weight(b)} < loads[b].inflight * Wide{draw.weight(a)};
  });
}

}  // namespace inferway::balance
