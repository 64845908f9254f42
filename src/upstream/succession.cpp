// What one configuration's connections become under the next one.

#include "connection.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace inferway::upstream {

void Upstream::take_over(Upstream& before) {
  std::unordered_map<Endpoint const*, Seat> seats;
  for (std::size_t i = 0; i < directory_.size(); ++i) {
    auto const& endpoints = directory_[i].endpoints;
    for (std::size_t j = 0; j < endpoints.size(); ++j) seats.emplace(endpoints[j].get(), Seat{i, j});
  }
  before.successor_ = this;
  before.seats_.assign(before.directory_.size(), {});
  for (std::size_t i = 0; i < before.directory_.size(); ++i) {
    auto const& endpoints = before.directory_[i].endpoints;
    for (std::size_t j = 0; j < endpoints.size(); ++j) {
      auto const found = seats.find(endpoints[j].get());
      before.seats_[i].push_back(found == seats.end() ? std::nullopt : std::optional(found->second));
      if (found != seats.end()) take_over(before, {i, j}, found->second);
    }
    before.close_idle(i);  // what found no place
  }
}

/// One endpoint's tickets and idle connections.
void Upstream::take_over(Upstream& before, Seat from, Seat to) {
  before.follow(from.backend, from.endpoint);
  auto& old = *before.pools_[from.backend];
  auto& pool = *pools_[to.backend];
  pool.moved[to.endpoint] = std::max(pool.moved[to.endpoint], old.moved[from.endpoint]);
  bool const trusted = before.directory_[from.backend].tls.is(directory_[to.backend].tls.load().get());
  if (trusted) pool.tickets[to.endpoint] = old.tickets[from.endpoint];
  auto connections = std::exchange(old.idle[from.endpoint], {});
  old.idle_total -= connections.size();
  before.counters(from.backend).connections_idle.sub(connections.size());
  for (auto& connection : connections) {
    if (!connection->quiet()) continue;
    auto const until = connection->rests_until();
    connection->move_to(*this, to.backend, to.endpoint);
    keep(std::move(connection), until);
  }
}

/// An answer of before was read to its end. False: the connection has no place here any more.
bool Upstream::pass_on(std::unique_ptr<Connection>& connection) {
  if (successor_ == nullptr) return false;
  auto const& seat = seats_[connection->backend][connection->endpoint];
  if (seat) {
    connection->move_to(*successor_, seat->backend, seat->endpoint);
    successor_->give_back(std::move(connection));
  }
  connection.reset();
  return true;
}

}  // namespace inferway::upstream
