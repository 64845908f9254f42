#pragma once

#include "inferway/balance/health.hpp"
#include "inferway/balance/least_requests.hpp"

#include <cstdint>
#include <span>

namespace inferway::balance {

/// Which endpoints a request may be given to.
enum class Offer : std::uint8_t {
  healthy,  ///< those in order
  panic,    ///< none is in order: those that are ejected or unhealthy, for one of them may answer after all
  resting,  ///< all that are left want to be left alone for a while
  none,     ///< all are drained or disabled
};

struct Candidates {
  Offer offer = Offer::none;
  bool other = false;                ///< one is among them that is not to be avoided
  TimePoint due = TimePoint::max();  ///< of `resting`: the soonest end of a rest
};

/// Sets the share of each load: 0 for those that must not be taken. Of two endpoints of the same backend the better
/// kind is offered alone: first those in order, then (panic) the ejected and unhealthy; one that rests, is drained or
/// disabled is never offered. Those in `avoid` (indices) are offered only when the kind has no other, and one of weight
/// 0 only when all weights are 0. Allocates nothing; linear, times the length of `avoid`. Precondition: `loads` is as
/// long as `schedules`.
Candidates admit(std::span<Schedule const> schedules, std::span<std::size_t const> avoid, TimePoint now,
                 std::span<Load> loads);

/// The same when all are in order.
Candidates admit_all(std::span<std::size_t const> avoid, std::span<Load> loads);

}  // namespace inferway::balance
