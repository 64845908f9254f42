#include "inferway/balance/tally.hpp"

#include <algorithm>

namespace inferway::balance {

namespace {

constexpr Duration kHalved = std::chrono::seconds(5);
constexpr std::uint32_t kMostInRow = (1U << 20U) - 1;
constexpr std::uint32_t kSlotMask = (1U << 12U) - 1;
constexpr std::uint32_t kMostRequests = (1U << 16U) - 1;

std::uint32_t slot_of(TimePoint now) {
  return static_cast<std::uint32_t>(now.time_since_epoch() / kHalved) & kSlotMask;
}

std::uint32_t slot_of(Tally tally) { return static_cast<std::uint32_t>(tally >> 20U) & kSlotMask; }

Tally pack(TallyCounts const& counts, std::uint32_t slot) {
  return Tally{counts.failures_in_row} | (Tally{slot} << 20U) | (Tally{counts.requests} << 32U) |
         (Tally{counts.failed} << 48U);
}

/// How often the counts are to be halved. Workers' clocks are read at different moments: a little back is no time.
std::uint32_t halvings(Tally tally, TimePoint now) {
  auto const passed = (slot_of(now) - slot_of(tally)) & kSlotMask;
  return passed == kSlotMask ? 0 : std::min(passed, 16U);
}

}  // namespace

TallyCounts counts(Tally tally, TimePoint now) {
  auto const faded = halvings(tally, now);
  return {.failures_in_row = static_cast<std::uint32_t>(tally) & kMostInRow,
          .requests = (static_cast<std::uint32_t>(tally >> 32U) & kMostRequests) >> faded,
          .failed = static_cast<std::uint32_t>(tally >> 48U) >> faded};
}

Tally counted(Tally tally, Ended how, TimePoint now) {
  auto facts = counts(tally, now);
  auto const slot = halvings(tally, now) == 0 && tally != kNoTally ? slot_of(tally) : slot_of(now);
  if (facts.requests == kMostRequests) {
    facts.requests /= 2;
    facts.failed /= 2;
  }
  ++facts.requests;
  facts.failed += how == Ended::badly ? 1 : 0;
  facts.failures_in_row = how == Ended::badly ? std::min(facts.failures_in_row + 1, kMostInRow) : 0;
  return pack(facts, slot);
}

}  // namespace inferway::balance
