// What is measured of a backend, and what follows from it.

#include "inferway/upstream/attempt.hpp"
#include "inferway/upstream/upstream.hpp"

#include <utility>

namespace inferway::upstream {

/// Not to the head's: some servers send that before the model has begun, where the answer is a stream.
void Attempt::measure_first_byte() {
  if (std::exchange(measured_, true)) return;
  upstream_.measure(backend_, endpoint_index_, connect_took_ + (upstream_.loop_.now() - sent_at_), inflight_);
}

/// Another one was quicker, so all that is known is what this one has taken without an answer. Left out, the times that
/// hedging is made for would not count, and with each hedge the next one would come earlier.
void Attempt::measure_outrun() {
  if (measured_ || sent_at_ == TimePoint{}) return;
  auto const now = upstream_.loop_.now();
  upstream_.directory_[backend_].state->latencies.add(connect_took_ + (now - sent_at_), now);
}

void Upstream::count_request(std::size_t backend) { directory_[backend].state->retries.count_request(loop_.now()); }

bool Upstream::allow_retry(std::size_t backend, std::uint32_t percent) {
  if (directory_[backend].state->retries.try_take(percent, loop_.now())) return true;
  counters(backend).retries_refused.add();
  return false;
}

std::optional<Duration> Upstream::latency(std::size_t backend, std::uint32_t percentile) const {
  auto& state = *directory_[backend].state;
  if (!state.latencies_wanted.load(std::memory_order_relaxed)) {
    state.latencies_wanted.store(true, std::memory_order_relaxed);
  }
  return state.latencies.quantile(percentile / 100.0, loop_.now());
}

void Upstream::measure(std::size_t backend, std::size_t endpoint, Duration took, std::uint32_t inflight) {
  auto& of = directory_[backend];
  auto const now = loop_.now();
  if (of.state->latencies_wanted.load(std::memory_order_relaxed)) of.state->latencies.add(took, now);
  if (!of.config.max_inflight.automatic) return;
  auto& at = *of.endpoints[endpoint];
  {
    std::unique_lock const lock(at.limit_finder.mutex, std::try_to_lock);
    if (!lock.owns_lock() || !at.limit_finder.in_force) return;
    at.limit_finder.limit.add(took, inflight, now);
    at.limit.store(at.limit_finder.limit.limit(), std::memory_order_relaxed);
  }
  // It may have been raised.
  if (!of.state->queue.empty() && has_free_slot(at)) of.state->queue.offer(at, now, &loop_);
}

void Upstream::apply_limits() {
  for (std::size_t i = 0; i < directory_.size(); ++i) {
    auto const& of = directory_[i];
    auto const& limit = of.config.max_inflight;
    for (auto const& at : of.endpoints) {
      {
        std::lock_guard const lock(at->limit_finder.mutex);
        at->limit_finder.in_force = limit.automatic;
        at->limit.store(limit.automatic ? at->limit_finder.limit.limit() : limit.fixed, std::memory_order_relaxed);
      }
      if (!of.state->queue.empty()) of.state->queue.offer(*at, loop_.now(), nullptr);
    }
  }
}

}  // namespace inferway::upstream
