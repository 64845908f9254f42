#pragma once

#include "inferway/balance/ewma.hpp"
#include "inferway/balance/least_requests.hpp"
#include "inferway/balance/weighted.hpp"
#include "inferway/net/stream.hpp"
#include "inferway/upstream/upstream.hpp"

#include <memory>

namespace inferway::upstream {

/// A connection to an endpoint. While it is idle it watches itself: any byte, an end, or too long a rest closes it.
class Connection final : private net::Watcher {
 public:
  Connection(Upstream& upstream, std::size_t backend, std::size_t endpoint, std::unique_ptr<net::Stream> stream);
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;
  ~Connection();

  /// In use from now on: `waiter` hears of it.
  void lease(net::Waiter& waiter);
  /// Idle from now on, until `until`.
  void rest(TimePoint until);
  [[nodiscard]] TimePoint rests_until() const { return idle_.at(); }
  /// Nothing was heard of it since it became idle.
  [[nodiscard]] bool quiet() const { return stream->quiet(); }

  /// Belongs to the next configuration's endpoint from now on.
  void move_to(Upstream& upstream, std::size_t backend_index, std::size_t endpoint_index);

  std::shared_ptr<net::TlsTickets> const tickets;  ///< the stream puts them there
  std::unique_ptr<net::Stream> stream;
  std::size_t backend;
  std::size_t endpoint;
  TimePoint const opened;

 private:
  void notify() override;

  Upstream* upstream_;
  net::Deadline idle_;
  bool resting_ = false;
};

/// One backend's idle connections on this worker, and its state of balancing.
struct Upstream::Pool {
  explicit Pool(std::vector<std::uint32_t> const& weights);

  balance::SmoothWeighted turns;                               ///< round_robin
  std::vector<balance::Load> loads;                            ///< filled at each choice
  std::vector<balance::Schedule> schedules;                    ///< likewise, while not all endpoints are in order
  std::vector<balance::Memory> memories;                       ///< ewma: likewise
  std::vector<std::shared_ptr<net::TlsTickets>> tickets;       ///< by endpoint; connections outlive the pool
  std::vector<std::vector<std::unique_ptr<Connection>>> idle;  ///< by endpoint; the one used last at the back
  std::size_t idle_total = 0;
  /// By endpoint: the addresses behind its name, and when they last changed. What was connected before then may lead to
  /// one that is gone.
  std::vector<std::shared_ptr<net::Addresses const>> addresses;
  std::vector<TimePoint> moved;
};

}  // namespace inferway::upstream
