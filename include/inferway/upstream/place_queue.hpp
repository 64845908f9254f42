#pragma once

#include "inferway/balance/candidates.hpp"
#include "inferway/base/clock.hpp"
#include "inferway/net/loop.hpp"

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace inferway::upstream {

struct Backend;
struct Endpoint;

/// One request that waits for an endpoint of its backend.
struct Ticket {
  Ticket(net::Waiter& of, Backend const& in, std::span<std::size_t const> unwanted)
      : waiter(&of), loop(of.loop()), backend(in), avoid(unwanted.begin(), unwanted.end()) {}

  net::Waiter* waiter;  ///< loop thread only; nullptr once the request has left
  net::Loop& loop;
  Backend const& backend;  ///< of the configuration that the request began with
  std::vector<std::size_t> const avoid;

  /// The endpoint that it was given: a slot there is its own from then on. Nothing: it still waits. Seen from its own
  /// thread; what follows is written before it.
  [[nodiscard]] Endpoint* granted() const { return granted_.load(std::memory_order_acquire); }
  [[nodiscard]] std::uint32_t inflight() const { return inflight_; }

 private:
  friend class PlaceQueue;
  std::atomic<Endpoint*> granted_{nullptr};
  std::uint32_t inflight_ = 0;  ///< at that endpoint then, itself included
  bool listed_ = false;         ///< under the queue's lock
  std::list<std::shared_ptr<Ticket>>::iterator position_;
};

/// The requests that wait for an endpoint of one backend, of all workers, in the order in which they came. A slot that
/// becomes free is given to the first one that may have it, on the thread that frees it, and the waiting worker is
/// told; so a request that comes then cannot take it first, and one that leaves at that moment gives it on.
///
/// The lock is taken by those who wait and by those who free a slot while somebody waits. Where nobody does, freeing
/// one reads one atomic.
class PlaceQueue {
 public:
  /// Whether somebody waits: whoever comes then waits behind them.
  [[nodiscard]] bool empty() const { return length_.load(std::memory_order_seq_cst) == 0; }
  [[nodiscard]] std::size_t length() const { return length_.load(std::memory_order_relaxed); }

  /// Waits from now on, or is given an endpoint at once. False: `bound` requests wait already.
  [[nodiscard]] bool join(std::shared_ptr<Ticket> const& ticket, std::size_t bound, TimePoint now);
  /// Waits no more. If it has been given an endpoint, this is still its own.
  void leave(Ticket& ticket);
  /// The endpoint may have free slots, or be in order again: those who wait are given them. `own`: the
  /// loop whose thread this is; none of a worker's: nullptr.
  void offer(Endpoint& endpoint, TimePoint now, net::Loop const* own);

 private:
  void serve(Endpoint& endpoint, TimePoint now, net::Loop const* own);
  [[nodiscard]] Ticket* first_for(Endpoint const& endpoint, TimePoint now);
  [[nodiscard]] bool may_have(Ticket const& ticket, Endpoint const& endpoint, TimePoint now);
  void grant(Ticket& ticket, Endpoint& endpoint, std::uint32_t inflight, net::Loop const* own);
  void unlist(Ticket& ticket);

  std::atomic<std::size_t> length_{0};
  std::mutex mutex_;
  std::list<std::shared_ptr<Ticket>> tickets_;  ///< the first one has waited longest
  // Scratch of may_have().
  std::vector<balance::Load> loads_;
  std::vector<balance::Schedule> schedules_;
};

/// Takes a slot of the endpoint within its limit, or beyond any where it has none. The number in flight then, itself
/// included; 0: none is free.
[[nodiscard]] std::uint32_t take_slot(Endpoint& endpoint);
[[nodiscard]] bool has_free_slot(Endpoint const& endpoint);
/// Gives a slot back, and to those who wait.
void free_slot(Endpoint& endpoint, PlaceQueue& queue, TimePoint now, net::Loop const* own);

}  // namespace inferway::upstream
