#include "inferway/balance/candidates.hpp"

#include "inferway/base/assert.hpp"

#include <algorithm>

namespace inferway::balance {

namespace {

bool has_turns(std::span<Load const> loads, std::size_t index) {
  return loads[index].weight > 0 || std::ranges::none_of(loads, [](Load const& load) { return load.weight > 0; });
}

/// Takes those in `avoid` out, unless nothing were left. Whether something is.
bool leave_out(std::span<std::size_t const> avoid, std::span<Load> loads) {
  if (avoid.empty()) return true;
  auto const avoided = [&](std::size_t i) { return std::ranges::find(avoid, i) != avoid.end(); };
  bool other = false;
  for (std::size_t i = 0; i < loads.size(); ++i) other = other || (loads[i].share > 0 && !avoided(i));
  for (std::size_t i = 0; other && i < loads.size(); ++i) {
    if (avoided(i)) loads[i].share = 0;
  }
  return other;
}

}  // namespace

Candidates admit_all(std::span<std::size_t const> avoid, std::span<Load> loads) {
  for (std::size_t i = 0; i < loads.size(); ++i) loads[i].share = has_turns(loads, i) ? 100 : 0;
  return {.offer = Offer::healthy, .other = leave_out(avoid, loads), .due = TimePoint::max()};
}

Candidates admit(std::span<Schedule const> schedules, std::span<std::size_t const> avoid, TimePoint now,
                 std::span<Load> loads) {
  INFERWAY_ASSERT(schedules.size() == loads.size());
  Candidates out;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    auto const& schedule = schedules[i];
    loads[i].share = 0;
    if (!has_turns(loads, i)) continue;
    if (schedule.closed_until > now) {
      out.due = std::min(out.due, schedule.closed_until);
    } else if (schedule.doubted_until > now) {
      if (out.offer == Offer::none) out.offer = Offer::panic;
    } else {
      out.offer = Offer::healthy;
      loads[i].share = share_of(schedule, now);
    }
  }
  if (out.offer == Offer::none) {
    if (out.due != TimePoint::max()) out.offer = Offer::resting;
    return out;
  }
  for (std::size_t i = 0; out.offer == Offer::panic && i < loads.size(); ++i) {
    if (has_turns(loads, i) && schedules[i].closed_until <= now) loads[i].share = 100;
  }
  out.due = TimePoint::max();
  out.other = leave_out(avoid, loads);
  return out;
}

}  // namespace inferway::balance
