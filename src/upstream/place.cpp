#include "inferway/upstream/place.hpp"

namespace inferway::upstream {

Place::~Place() {
  if (!taken()) return;
  upstream_.directory_[backend_].endpoints[endpoint_]->inflight.fetch_sub(1, std::memory_order_relaxed);
}

Choice Place::take(std::span<std::size_t const> avoid) {
  auto const found = upstream_.candidates(backend_, avoid);
  if (found.offer == balance::Offer::none) return Choice::none;
  if (found.offer == balance::Offer::resting) {
    due_ = found.due;
    return Choice::resting;
  }
  endpoint_ = upstream_.choose(backend_);
  if (found.offer == balance::Offer::panic) {
    upstream_.directory_[backend_].state->health.panics.fetch_add(1, std::memory_order_relaxed);
  }
  upstream_.directory_[backend_].endpoints[endpoint_]->inflight.fetch_add(1, std::memory_order_relaxed);
  return Choice::taken;
}

Outlook Upstream::outlook(std::size_t backend, std::span<std::size_t const> avoid) const {
  auto const found = candidates(backend, avoid);
  bool const open = found.offer == balance::Offer::healthy || found.offer == balance::Offer::panic;
  return {.open = open, .other = open && found.other, .soonest = found.due};
}

void Upstream::count_request(std::size_t) {}
bool Upstream::allow_retry(std::size_t, std::uint32_t) { return true; }
std::optional<Duration> Upstream::latency(std::size_t, std::uint32_t) const { return std::nullopt; }

}  // namespace inferway::upstream
