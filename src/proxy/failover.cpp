#include "inferway/proxy/failover.hpp"

#include <algorithm>

namespace inferway::proxy {

namespace {

bool listed(config::Retry const& retry, config::RetryOn cause) {
  return std::ranges::find(retry.on, cause) != retry.on.end();
}

}  // namespace

/// Before the next try at this hop: the first one is the second try.
Duration Failover::pause(double jitter) const {
  auto longest = std::chrono::duration_cast<Duration>(retry_.backoff);
  auto const most = std::chrono::duration_cast<Duration>(retry_.max_backoff);
  for (std::uint32_t i = 1; i < tries_ && longest < most; ++i) longest *= 2;
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double, Duration::period>(jitter * static_cast<double>(std::min(longest, most).count())));
}

Failover::Next Failover::failed(Failure const& failure, Prospect const& prospect, TimePoint now, double jitter) const {
  if (forbidden_ || !failure.cause || !listed(retry_, *failure.cause)) return {};
  if (tries_ > retry_.attempts || !prospect.open) return next_hop();
  auto wait = pause(jitter);
  if (!prospect.other && failure.retry_after) wait = std::max(wait, *failure.retry_after);
  if (wait >= deadline_ - now) return next_hop();
  return {.what = What::retry, .at = now + wait};
}

Failover::Next Failover::next_hop() const {
  if (forbidden_ || retry_.on.empty() || hop_ + 1 >= hops_) return {};
  return {.what = What::fall_back};
}

}  // namespace inferway::proxy
