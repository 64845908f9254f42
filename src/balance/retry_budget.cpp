#include "inferway/balance/retry_budget.hpp"

#include <algorithm>
#include <chrono>

namespace inferway::balance {

namespace {

// A slot's word: bits 0-21 the requests, 22-43 the tries, 44-63 the round: which of the seconds that share the slot it
// counts. Both counts stop at their highest value; the round comes round after 194 days.
constexpr std::uint64_t kCountMask = (1U << 22U) - 1;
constexpr std::uint64_t kRequest = 1;
constexpr std::uint64_t kTry = 1ULL << 22U;
constexpr std::uint64_t kRoundMask = (1U << 20U) - 1;
/// Below the highest value by more than there can be threads that add at the same moment.
constexpr std::uint64_t kFull = kCountMask - (1U << 16U);

std::uint64_t requests_of(std::uint64_t word) { return word & kCountMask; }
std::uint64_t tries_of(std::uint64_t word) { return (word >> 22U) & kCountMask; }
std::uint64_t round_of(std::uint64_t word) { return word >> 44U; }

std::uint64_t second_of(TimePoint now) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
}

/// Rounds are compared by their distance, since they come round.
bool is_newer(std::uint64_t round, std::uint64_t than) {
  auto const ahead = (round - than) & kRoundMask;
  return ahead != 0 && ahead <= kRoundMask / 2;
}

/// What the slot's word is at `round`: itself, or a new second's without a count. A word from the future (of a worker
/// whose clock is ahead by more than the ring) stays.
std::uint64_t current(std::uint64_t word, std::uint64_t round) {
  return is_newer(round, round_of(word)) ? round << 44U : word;
}

}  // namespace

void RetryBudget::count_request(TimePoint now) {
  auto const second = second_of(now);
  auto& slot = slots_[second % kSlots];
  auto const round = (second / kSlots) & kRoundMask;
  auto seen = slot.load(std::memory_order_relaxed);
  while (is_newer(round, round_of(seen))) {
    if (slot.compare_exchange_weak(seen, (round << 44U) | kRequest, std::memory_order_relaxed)) return;
  }
  if (requests_of(seen) < kFull) slot.fetch_add(kRequest, std::memory_order_relaxed);
}

bool RetryBudget::try_take(std::uint32_t percent, TimePoint now) {
  auto const second = second_of(now);
  auto& slot = slots_[second % kSlots];
  auto const round = (second / kSlots) & kRoundMask;
  while (true) {
    // The word is read before the others are added up, and must still be the same when the try is counted in it: a try
    // that another worker takes meanwhile is seen.
    auto seen = slot.load(std::memory_order_relaxed);
    auto const total = counts(now);
    auto const allowed = std::max(kAlwaysAllowed, total.requests * percent / 100);
    if (total.tries >= allowed || tries_of(current(seen, round)) >= kFull) return false;
    if (slot.compare_exchange_weak(seen, current(seen, round) + kTry, std::memory_order_relaxed)) return true;
  }
}

RetryBudget::Counts RetryBudget::counts(TimePoint now) const {
  Counts total;
  auto const last = second_of(now);
  for (std::uint64_t back = 0; back < kSeconds && back <= last; ++back) {
    auto const second = last - back;
    auto const word = slots_[second % kSlots].load(std::memory_order_relaxed);
    if (round_of(word) != ((second / kSlots) & kRoundMask)) continue;
    total.requests += requests_of(word);
    total.tries += tries_of(word);
  }
  return total;
}

}  // namespace inferway::balance
