#include "inferway/balance/ewma.hpp"

#include "draw.hpp"
#include "inferway/base/assert.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace inferway::balance {

namespace {

constexpr std::uint32_t kMostFailures = 8;
constexpr std::uint32_t kTimeMask = (1U << 28U) - 1;
/// 0 stands for "none"; and below a tenth of a millisecond differences are noise.
constexpr float kLeastSeconds = 1e-4F;

struct Facts {
  float mean = 0;  ///< seconds; 0: none
  std::uint32_t failures = 0;
  std::uint32_t heard_ms = 0;
};

Facts unpack(Memory memory) {
  return {std::bit_cast<float>(static_cast<std::uint32_t>(memory)), static_cast<std::uint32_t>(memory >> 32U) & 15U,
          static_cast<std::uint32_t>(memory >> 36U)};
}

Memory pack(Facts const& facts) {
  return (Memory{facts.heard_ms} << 36U) | (Memory{facts.failures} << 32U) | std::bit_cast<std::uint32_t>(facts.mean);
}

std::uint32_t in_ms(TimePoint now) {
  auto const count = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  return static_cast<std::uint32_t>(count) & kTimeMask;
}

float in_seconds(Duration duration) { return std::chrono::duration<float>(duration).count(); }

/// Since it was last heard of. Workers' clocks are read at different moments: a little before 0 is 0.
Duration age(Facts const& facts, TimePoint now) {
  auto const since = (in_ms(now) - facts.heard_ms) & kTimeMask;
  constexpr std::uint32_t kBackwards = kTimeMask - 60'000;
  return std::chrono::milliseconds(since > kBackwards ? 0 : since);
}

/// What is left of 1 after `elapsed`.
float left_after(Duration elapsed) { return std::exp2(-in_seconds(elapsed) / in_seconds(kHalfLife)); }

bool is_forgotten(Memory memory, Facts const& facts, TimePoint now) {
  return memory == kNothing || age(facts, now) >= kForgotten;
}

float folded(Facts const& facts, float sample, TimePoint now) {
  if (facts.mean == 0) return sample;
  auto const old = left_after(age(facts, now));
  return facts.mean * old + sample * (1 - old);
}

/// The lowest mean that is known; 1 when none is, for then only requests in flight count.
float best_mean(std::span<Memory const> memories, TimePoint now) {
  float best = 0;
  for (auto const memory : memories) {
    auto const facts = unpack(memory);
    if (facts.mean == 0 || is_forgotten(memory, facts, now)) continue;
    best = best == 0 ? facts.mean : std::min(best, facts.mean);
  }
  return best == 0 ? 1 : best;
}

/// What one request in flight costs.
double price(Memory memory, float best, TimePoint now) {
  auto const facts = unpack(memory);
  if (is_forgotten(memory, facts, now)) return best;
  // Written so that the best one's own price is exactly `best`: one that is not known ties with it.
  double const mean = facts.mean == 0 ? best : best + (facts.mean - best) * left_after(age(facts, now));
  return std::ldexp(mean, 2 * static_cast<int>(facts.failures));  // times 4 for each
}

}  // namespace

Memory remember(Memory memory, Outcome outcome, Duration took, TimePoint now) {
  auto facts = unpack(memory);
  auto const sample = std::max(in_seconds(took), kLeastSeconds);
  if (is_forgotten(memory, facts, now)) facts = {.mean = facts.mean, .failures = 0, .heard_ms = facts.heard_ms};
  bool const counts = outcome == Outcome::answered || (facts.mean != 0 && sample > facts.mean);
  if (outcome == Outcome::abandoned && !counts) return memory;
  if (counts) facts.mean = folded(facts, sample, now);
  if (outcome == Outcome::answered) facts.failures = 0;
  if (outcome == Outcome::failed) facts.failures = std::min(facts.failures + 1, kMostFailures);
  facts.heard_ms = in_ms(now);
  return pack(facts);
}

std::size_t ewma(std::span<Load const> loads, std::span<Memory const> memories, TimePoint now, Random& random) {
  INFERWAY_ASSERT(!loads.empty() && loads.size() == memories.size());
  Draw const draw(loads);
  auto const best = best_mean(memories, now);
  auto const cost = [&](std::size_t i) {
    return price(memories[i], best, now) * (1 + 100.0 * loads[i].inflight / static_cast<double>(draw.weight(i)));
  };
  // Before an idle one, one that starts slowly gets what it is drawn for, however quick it is.
  return better_of_two(draw, random, [&](std::size_t second, std::size_t first) {
    bool const may = loads[second].share >= loads[first].share || loads[first].inflight > 0;
    return may && cost(second) < cost(first);
  });
}

}  // namespace inferway::balance
