#include "inferway/balance/health.hpp"

#include <algorithm>

namespace inferway::balance {

std::size_t most_ejected(std::size_t endpoints, std::uint32_t max_ejected_percent) {
  auto const share = endpoints * max_ejected_percent / 100;
  return share == 0 && endpoints > 1 && max_ejected_percent > 0 ? 1 : share;
}

std::uint32_t share_of(Schedule const& schedule, TimePoint now) {
  if (schedule.starts_at == TimePoint::min() || now >= schedule.starts_at + kSlowStart) return 100;
  // In panic one is taken before its return.
  auto const since = std::max(now - schedule.starts_at, Duration::zero());
  return kFirstShare + static_cast<std::uint32_t>((100 - kFirstShare) * since / kSlowStart);
}

bool is_plain(Schedule const& schedule, TimePoint now) {
  return schedule.closed_until <= now && schedule.doubted_until <= now && share_of(schedule, now) == 100;
}

EndpointHealth::Verdict EndpointHealth::judge(Tally tally, HealthRules const& rules, TimePoint now) const {
  if (is_ejected(now) || admin_ != AdminState::enabled) return Verdict::none;
  auto const of_late = counts(tally, now);
  if (of_late.failures_in_row >= rules.consecutive_failures) return Verdict::row;
  auto const well = of_late.requests - of_late.failed;
  if (of_late.requests >= kTellingRequests && well * 100 < of_late.requests * kLeastWellPercent) return Verdict::rate;
  return Verdict::none;
}

TimePoint EndpointHealth::eject(HealthRules const& rules, TimePoint now) {
  if (ejections_ > 0 && rules.eject > Duration::zero()) {
    auto const forgotten = static_cast<std::uint64_t>(std::max(now - ejected_until_, Duration::zero()) / rules.eject);
    ejections_ -= static_cast<std::uint32_t>(std::min<std::uint64_t>(forgotten, ejections_));
  }
  ejections_ = std::min(ejections_ + 1, kMostEjections);
  ejected_until_ = now + rules.eject * ejections_;
  return ejected_until_;
}

bool EndpointHealth::cool_down(TimePoint until, TimePoint now) {
  if (until <= now || until <= resting_until_) return false;
  resting_until_ = until;
  return true;
}

std::optional<bool> EndpointHealth::checked(bool passed, HealthRules const& rules, TimePoint now) {
  if (passed != unhealthy_) {
    contradicted_ = 0;
    return std::nullopt;
  }
  auto const enough = unhealthy_ ? rules.healthy_after : rules.unhealthy_after;
  if (++contradicted_ < enough) return std::nullopt;
  contradicted_ = 0;
  unhealthy_ = !passed;
  if (passed) returned_ = now;
  return passed;
}

bool EndpointHealth::unchecked(TimePoint now) {
  contradicted_ = 0;
  if (!unhealthy_) return false;
  unhealthy_ = false;
  returned_ = now;
  return true;
}

bool EndpointHealth::set_admin(AdminState state, TimePoint now) {
  if (state == admin_ && !(state == AdminState::enabled && is_ejected(now))) return false;
  if (state == AdminState::enabled) {
    returned_ = now;
    ejected_until_ = std::min(ejected_until_, now);
    if (admin_ == AdminState::disabled) {
      unhealthy_ = false;
      contradicted_ = 0;
    }
  }
  admin_ = state;
  return true;
}

Standing EndpointHealth::standing(TimePoint now) const {
  if (admin_ == AdminState::disabled) return Standing::disabled;
  if (admin_ == AdminState::drained) return Standing::drained;
  if (resting_until_ > now) return Standing::resting;
  if (ejected_until_ > now) return Standing::ejected;
  if (unhealthy_) return Standing::unhealthy;
  return share_of(schedule(), now) < 100 ? Standing::starting : Standing::up;
}

TimePoint EndpointHealth::until(TimePoint now) const {
  switch (standing(now)) {
    case Standing::resting: return resting_until_;
    case Standing::ejected: return ejected_until_;
    case Standing::starting: return schedule().starts_at + kSlowStart;
    case Standing::up:
    case Standing::unhealthy:
    case Standing::drained:
    case Standing::disabled: break;
  }
  return TimePoint::max();
}

Schedule EndpointHealth::schedule() const {
  return {.closed_until = admin_ == AdminState::enabled ? resting_until_ : TimePoint::max(),
          .doubted_until = unhealthy_ ? TimePoint::max() : ejected_until_,
          .starts_at = std::max(ejected_until_, returned_)};
}

}  // namespace inferway::balance
