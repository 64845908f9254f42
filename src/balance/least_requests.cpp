#include "inferway/balance/least_requests.hpp"

#include <utility>

namespace inferway::balance {

namespace {

/// Whether `a` bears less per weight; ties go to neither.
bool lighter(Load const& a, Load const& b) {
  // One more request each, so that of two idle endpoints the heavier weight is the better one.
  return (std::uint64_t{a.inflight} + 1) * b.weight < (std::uint64_t{b.inflight} + 1) * a.weight;
}

}  // namespace

std::size_t least_requests(std::span<Load const> loads, Random& random) {
  std::uint32_t usable = 0;
  for (auto const& load : loads) usable += load.weight > 0 ? 1 : 0;
  if (usable == 0) return 0;
  auto const nth_usable = [&](std::uint32_t n) {
    std::size_t index = 0;
    while (loads[index].weight == 0 || n-- > 0) ++index;
    return index;
  };
  if (usable == 1) return nth_usable(0);
  auto const first = random.below(usable);
  auto second = random.below(usable - 1);
  if (second >= first) ++second;
  auto const a = nth_usable(first);
  auto const b = nth_usable(second);
  return lighter(loads[b], loads[a]) ? b : a;
}

}  // namespace inferway::balance
