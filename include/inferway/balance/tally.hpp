#pragma once

#include "inferway/base/clock.hpp"

#include <cstdint>

namespace inferway::balance {

/// How the requests of one endpoint went of late: the failures in a row, and of about the last 10 seconds how many
/// requests ended and how many failed (all counts are halved every 5 s, so what is older fades). 64 bits, so that all
/// workers share it in one atomic without a lock: bits 0-19 the failures in a row, 20-31 the number of the 5 s (comes
/// round after 5.7 hours: an endpoint that nobody asked for exactly that long may be reckoned with old counts for 5 s),
/// 32-47 the requests, 48-63 the failed ones. Counts that come to their limit are halved together: the share stays.
using Tally = std::uint64_t;
inline constexpr Tally kNoTally = 0;

struct TallyCounts {
  std::uint32_t failures_in_row = 0;
  std::uint32_t requests = 0;
  std::uint32_t failed = 0;
  [[nodiscard]] bool operator==(TallyCounts const&) const = default;
};

enum class Ended : std::uint8_t { well, badly };

/// `tally` with one more request in it.
[[nodiscard]] Tally counted(Tally tally, Ended how, TimePoint now);
[[nodiscard]] TallyCounts counts(Tally tally, TimePoint now);

}  // namespace inferway::balance
