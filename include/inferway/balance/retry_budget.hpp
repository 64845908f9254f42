#pragma once

#include "inferway/base/clock.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace inferway::balance {

/// How many tries beyond the first a backend may be sent: a share of its requests of the last ten seconds, and ten in
/// any case. So a backend that is down sees little more than the requests that are meant for it, however many of them
/// are tried again. Shared by all workers without a lock: a ring of seconds, each one word that holds its counts.
///
/// Exact as long as the workers' clocks agree about the second; where they do not, by as many tries as there are
/// workers.
class alignas(64) RetryBudget {
 public:
  /// The second under way, and nine before it.
  static constexpr std::uint32_t kSeconds = 10;
  static constexpr std::uint64_t kAlwaysAllowed = 10;

  /// A request, not a try of it. One relaxed add, but for the first in a second.
  void count_request(TimePoint now);
  /// Whether one more try may be made; it is counted when it may. `percent` of the requests.
  [[nodiscard]] bool try_take(std::uint32_t percent, TimePoint now);

  struct Counts {
    std::uint64_t requests = 0;
    std::uint64_t tries = 0;
  };
  /// Of the last ten seconds.
  [[nodiscard]] Counts counts(TimePoint now) const;

 private:
  static constexpr std::size_t kSlots = 16;  ///< a power of two above kSeconds
  std::array<std::atomic<std::uint64_t>, kSlots> slots_{};
};

}  // namespace inferway::balance
