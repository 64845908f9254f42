#include "inferway/upstream/place_queue.hpp"

#include "inferway/upstream/upstream.hpp"

#include <algorithm>

namespace inferway::upstream {

std::uint32_t take_slot(Endpoint& endpoint) {
  auto const limit = endpoint.limit.load(std::memory_order_relaxed);
  if (limit == 0) return endpoint.inflight.fetch_add(1, std::memory_order_relaxed) + 1;
  // seq_cst, as in free_slot() and join(): who begins to wait and who frees a slot at the same moment must not miss
  // each other.
  auto inflight = endpoint.inflight.load(std::memory_order_seq_cst);
  while (inflight < limit) {
    if (endpoint.inflight.compare_exchange_weak(inflight, inflight + 1, std::memory_order_seq_cst)) return inflight + 1;
  }
  return 0;
}

bool has_free_slot(Endpoint const& endpoint) {
  auto const limit = endpoint.limit.load(std::memory_order_relaxed);
  return limit == 0 || endpoint.inflight.load(std::memory_order_seq_cst) < limit;
}

void free_slot(Endpoint& endpoint, PlaceQueue& queue, TimePoint now, net::Loop const* own) {
  endpoint.inflight.fetch_sub(1, std::memory_order_seq_cst);
  if (!queue.empty()) queue.offer(endpoint, now, own);
}

bool PlaceQueue::join(std::shared_ptr<Ticket> const& ticket, std::size_t bound, TimePoint now) {
  std::lock_guard const lock(mutex_);
  ticket->position_ = tickets_.insert(tickets_.end(), ticket);
  ticket->listed_ = true;
  // Announced before it looks for a free slot: a slot that is freed behind this look is offered to it.
  length_.store(tickets_.size(), std::memory_order_seq_cst);
  for (auto const& endpoint : ticket->backend.endpoints) serve(*endpoint, now, &ticket->loop);
  if (!ticket->listed_) return true;
  if (tickets_.size() <= bound) return true;
  unlist(*ticket);
  return false;
}

void PlaceQueue::leave(Ticket& ticket) {
  std::lock_guard const lock(mutex_);
  if (ticket.listed_) unlist(ticket);
}

void PlaceQueue::offer(Endpoint& endpoint, TimePoint now, net::Loop const* own) {
  std::lock_guard const lock(mutex_);
  serve(endpoint, now, own);
}

void PlaceQueue::serve(Endpoint& endpoint, TimePoint now, net::Loop const* own) {
  while (has_free_slot(endpoint)) {
    auto* const ticket = first_for(endpoint, now);
    if (ticket == nullptr) return;
    auto const inflight = take_slot(endpoint);
    if (inflight == 0) return;
    grant(*ticket, endpoint, inflight, own);
  }
}

/// Mostly the first of all. One behind it comes first only where that one may not have this endpoint: it has failed it
/// just now. Where nobody may, because the endpoint is drained or ejected, one of those that have failed nothing stands
/// for all of them: a long queue before an endpoint that is idle would cost a whole processor.
Ticket* PlaceQueue::first_for(Endpoint const& endpoint, TimePoint now) {
  if (endpoint.status.schedule().closed_until > now) return nullptr;
  Backend const* refused = nullptr;
  for (auto const& ticket : tickets_) {
    bool const plain = ticket->avoid.empty();
    if (plain && &ticket->backend == refused) continue;
    if (may_have(*ticket, endpoint, now)) return ticket.get();
    if (plain) refused = &ticket->backend;
  }
  return nullptr;
}

bool PlaceQueue::may_have(Ticket const& ticket, Endpoint const& endpoint, TimePoint now) {
  auto const& endpoints = ticket.backend.endpoints;
  auto const found = std::ranges::find(endpoints, &endpoint, &std::shared_ptr<Endpoint>::get);
  if (found == endpoints.end()) return false;
  loads_.clear();
  schedules_.clear();
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    loads_.push_back({.inflight = 0, .weight = ticket.backend.config.endpoints[i].weight});
    schedules_.push_back(endpoints[i]->status.schedule());
  }
  static_cast<void>(balance::admit(schedules_, ticket.avoid, now, loads_));
  return loads_[static_cast<std::size_t>(found - endpoints.begin())].share > 0;
}

void PlaceQueue::grant(Ticket& ticket, Endpoint& endpoint, std::uint32_t inflight, net::Loop const* own) {
  auto const kept = *ticket.position_;
  unlist(ticket);
  ticket.inflight_ = inflight;
  ticket.granted_.store(&endpoint, std::memory_order_release);
  if (&ticket.loop == own) {
    ticket.waiter->notify();
    return;
  }
  // Under the lock: its request cannot leave before, so its loop is there.
  ticket.loop.post([kept] {
    if (kept->waiter != nullptr) kept->waiter->notify();
  });
}

void PlaceQueue::unlist(Ticket& ticket) {
  ticket.listed_ = false;
  tickets_.erase(ticket.position_);  // may be the last owner, but for the caller's
  length_.store(tickets_.size(), std::memory_order_seq_cst);
}

}  // namespace inferway::upstream
