#include "inferway/upstream/place.hpp"

#include "connection.hpp"
#include "inferway/base/assert.hpp"

#include <algorithm>
#include <utility>

namespace inferway::upstream {

namespace {

/// Requests that wait for a rest to end, where no queue is configured.
constexpr std::size_t kWaitForRest = 100;
/// How often one that waits looks for itself: an endpoint may have been enabled or found healthy, which nobody tells.
constexpr Duration kLook = std::chrono::milliseconds(100);

}  // namespace

struct Place::Wait {
  Wait(std::shared_ptr<Ticket> own, net::Waiter& waiter, TimePoint now, Duration timeout)
      : ticket(std::move(own)), wake(waiter.loop().wheel(), waiter), since(now), until(now + timeout) {}

  std::shared_ptr<Ticket> ticket;
  net::Deadline wake;
  TimePoint since;
  TimePoint until;
};

Place::Place(Upstream& upstream, std::size_t backend, net::Waiter& waiter)
    : upstream_(upstream), waiter_(waiter), backend_(backend) {}

Place::~Place() {
  auto const& backend = upstream_.directory_[backend_];
  if (wait_ != nullptr) {
    backend.state->queue.leave(*wait_->ticket);
    // What it was given at this moment is its own, and is given on.
    if (!accept()) stop_waiting();
  }
  leave();
}

void Place::leave() {
  if (!taken() || std::exchange(left_, true)) return;
  auto const& backend = upstream_.directory_[backend_];
  auto& endpoint = *backend.endpoints[endpoint_];
  if (endpoint.limit.load(std::memory_order_relaxed) == 0) {
    endpoint.inflight.fetch_sub(1, std::memory_order_relaxed);
  } else {
    free_slot(endpoint, backend.state->queue, upstream_.loop_.now(), &upstream_.loop_);
  }
}

int Place::refused_with() const {
  return upstream_.directory_[backend_].state->health.refused_with.load(std::memory_order_relaxed);
}

Choice Place::take(std::span<std::size_t const> avoid) {
  INFERWAY_ASSERT(!taken());
  if (wait_ != nullptr) return go_on_waiting();
  auto const& backend = upstream_.directory_[backend_];
  auto const& queue = backend.config.queue;
  auto const found = upstream_.candidates(backend_, avoid);
  if (found.offer == balance::Offer::none) return Choice::none;
  if (found.offer == balance::Offer::resting) {
    due_ = found.due;
    if (due_ - upstream_.loop_.now() > queue.timeout) return Choice::resting;
    return wait(avoid, queue.size > 0 ? queue.size : kWaitForRest, Choice::resting);
  }
  if (found.offer == balance::Offer::panic) backend.state->health.panics.fetch_add(1, std::memory_order_relaxed);
  if (backend.endpoints.front()->limit.load(std::memory_order_relaxed) == 0) {
    endpoint_ = upstream_.choose(backend_);
    inflight_ = backend.endpoints[endpoint_]->inflight.fetch_add(1, std::memory_order_relaxed) + 1;
    return Choice::taken;
  }
  // Not past those who wait.
  if (backend.state->queue.empty() && take_free(backend)) return Choice::taken;
  return wait(avoid, queue.size, Choice::full);
}

/// Of the candidates, one with a free slot.
bool Place::take_free(Backend const& backend) {
  auto& loads = upstream_.pools_[backend_]->loads;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    if (!has_free_slot(*backend.endpoints[i])) loads[i].share = 0;
  }
  // Each turn that finds its slot taken meanwhile leaves one endpoint out.
  while (std::ranges::any_of(loads, [](balance::Load const& load) { return load.share > 0; })) {
    auto const chosen = upstream_.choose(backend_);
    inflight_ = take_slot(*backend.endpoints[chosen]);
    if (inflight_ > 0) {
      endpoint_ = chosen;
      return true;
    }
    loads[chosen].share = 0;
  }
  return false;
}

Choice Place::wait(std::span<std::size_t const> avoid, std::size_t bound, Choice refused) {
  auto const now = upstream_.loop_.now();
  auto const& backend = upstream_.directory_[backend_];
  auto& counters = upstream_.counters(backend_);
  auto ticket = std::make_shared<Ticket>(waiter_, backend, avoid);
  if (!backend.state->queue.join(ticket, bound, now)) {
    counters.queue_full.add();
    return refused;
  }
  counters.queue_length.add();
  counters.queue_waits.add();
  wait_ = std::make_unique<Wait>(std::move(ticket), waiter_, now, backend.config.queue.timeout);
  return go_on_waiting();
}

Choice Place::go_on_waiting() {
  if (accept()) return Choice::taken;
  auto const now = upstream_.loop_.now();
  auto const& backend = upstream_.directory_[backend_];
  auto const found = upstream_.candidates(backend_, wait_->ticket->avoid);
  if (found.offer == balance::Offer::none) return give_up(Choice::none);
  bool const resting = found.offer == balance::Offer::resting;
  if (resting) due_ = found.due;
  if (resting && due_ > wait_->until) return give_up(Choice::resting);
  if (now >= wait_->until) return give_up(Choice::timed_out);
  auto const& loads = upstream_.pools_[backend_]->loads;
  for (std::size_t i = 0; i < loads.size() && !resting; ++i) {
    // One that this request may not have is nobody's reason to look through the queue.
    if (loads[i].share == 0 || !has_free_slot(*backend.endpoints[i])) continue;
    backend.state->queue.offer(*backend.endpoints[i], now, &upstream_.loop_);
  }
  if (accept()) return Choice::taken;
  wait_->wake.arm(std::min({wait_->until, now + kLook, resting ? due_ : TimePoint::max()}));
  return Choice::waiting;
}

/// Leaves the queue, unless it was given an endpoint at this moment.
Choice Place::give_up(Choice because) {
  upstream_.directory_[backend_].state->queue.leave(*wait_->ticket);
  if (accept()) return Choice::taken;
  if (because == Choice::timed_out) upstream_.counters(backend_).queue_timeouts.add();
  stop_waiting();
  return because;
}

/// Whether it was given an endpoint: then it waits no more.
bool Place::accept() {
  auto const* const given = wait_->ticket->granted();
  if (given == nullptr) return false;
  auto const& endpoints = upstream_.directory_[backend_].endpoints;
  auto const found = std::ranges::find(endpoints, given, &std::shared_ptr<Endpoint>::get);
  endpoint_ = static_cast<std::size_t>(found - endpoints.begin());
  inflight_ = wait_->ticket->inflight();
  stop_waiting();
  return true;
}

void Place::stop_waiting() {
  auto& counters = upstream_.counters(backend_);
  counters.queue_length.sub();
  counters.queue_wait_ns.add(static_cast<std::uint64_t>((upstream_.loop_.now() - wait_->since).count()));
  wait_->ticket->waiter = nullptr;
  wait_.reset();
}

Outlook Upstream::outlook(std::size_t backend, std::span<std::size_t const> avoid) const {
  auto const found = candidates(backend, avoid);
  bool const open = found.offer == balance::Offer::healthy || found.offer == balance::Offer::panic;
  return {.open = open, .other = open && found.other, .soonest = found.due};
}

}  // namespace inferway::upstream
