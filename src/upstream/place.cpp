#include "inferway/upstream/place.hpp"

namespace inferway::upstream {

Place::~Place() {
  if (!taken()) return;
  upstream_.directory_[backend_].endpoints[endpoint_]->inflight.fetch_sub(1, std::memory_order_relaxed);
}

Choice Place::take(std::span<std::size_t const> avoid) {
  endpoint_ = upstream_.pick(backend_, avoid);
  upstream_.directory_[backend_].endpoints[endpoint_]->inflight.fetch_add(1, std::memory_order_relaxed);
  return Choice::taken;
}

Outlook Upstream::outlook(std::size_t backend, std::span<std::size_t const> avoid) const {
  return {.open = true, .other = directory_[backend].endpoints.size() > avoid.size()};
}

void Upstream::count_request(std::size_t) {}
bool Upstream::allow_retry(std::size_t, std::uint32_t) { return true; }
std::optional<Duration> Upstream::latency(std::size_t, std::uint32_t) const { return std::nullopt; }

}  // namespace inferway::upstream
