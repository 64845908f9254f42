#include "inferway/upstream/upstream.hpp"

#include "connection.hpp"

#include <algorithm>
#include <utility>

namespace inferway::upstream {

Upstream::Upstream(net::Loop& loop, Directory& directory, config::Limits const& limits, telemetry::Shard& shard,
                   std::uint64_t seed)
    : loop_(loop), directory_(directory), limits_(limits), shard_(shard), random_(seed) {
  for (std::size_t i = 0; i < directory.size(); ++i) {
    auto& backend = directory[i];
    std::vector<std::uint32_t> weights;
    weights.reserve(backend.endpoints.size());
    for (auto const& endpoint : backend.config.endpoints) weights.push_back(endpoint.weight);
    counters_.push_back(&shard.backend(backend.config.name));
    pools_.push_back(std::make_unique<Pool>(weights));
    for (std::size_t j = 0; j < backend.endpoints.size(); ++j) {
      pools_[i]->addresses[j] = backend.endpoints[j]->name->addresses();
    }
  }
  apply_limits();
}

Upstream::~Upstream() = default;

void Upstream::names_changed() {
  for (auto* waiter : waiting_for_names_) waiter->notify();
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    for (std::size_t j = 0; j < pools_[i]->addresses.size(); ++j) follow(i, j);
  }
}

/// When the addresses of an endpoint's name have changed, idle connections to those that are gone are closed; those in
/// use are when their answer is complete (give_back).
void Upstream::follow(std::size_t backend, std::size_t endpoint) {
  auto& pool = *pools_[backend];
  auto addresses = directory_[backend].endpoints[endpoint]->name->addresses();
  if (addresses == pool.addresses[endpoint]) return;
  pool.addresses[endpoint] = std::move(addresses);
  pool.moved[endpoint] = loop_.now();
  auto const gone = std::erase_if(pool.idle[endpoint], [&](auto const& connection) {
    if (is_listed(*connection)) return false;
    connection->stream->shutdown_write();
    return true;
  });
  pool.idle_total -= gone;
  counters(backend).connections_idle.sub(gone);
}

/// Whether the endpoint's name still leads to where the connection goes.
bool Upstream::is_listed(Connection const& connection) const {
  auto const& addresses = pools_[connection.backend]->addresses[connection.endpoint];
  auto const peer = net::peer_address(connection.stream->descriptor());
  if (addresses == nullptr || !peer) return true;
  return std::ranges::find(*addresses, *peer) != addresses->end();
}

void Upstream::drain() {
  draining_ = true;
  for (std::size_t i = 0; i < pools_.size(); ++i) close_idle(i);
}

void Upstream::close_idle(std::size_t backend) {
  for (auto& idle : pools_[backend]->idle) {
    for (auto const& connection : idle) connection->stream->shutdown_write();
    idle.clear();
  }
  counters(backend).connections_idle.sub(std::exchange(pools_[backend]->idle_total, 0));
}

Upstream::Pool::Pool(std::vector<std::uint32_t> const& weights)
    : turns(weights),
      schedules(weights.size()),
      memories(weights.size()),
      idle(weights.size()),
      addresses(weights.size()),
      moved(weights.size()) {
  for (auto const weight : weights) {
    loads.push_back({.inflight = 0, .weight = weight});
    tickets.push_back(std::make_shared<net::TlsTickets>());
  }
}

void Upstream::learn(std::size_t backend, std::size_t endpoint, balance::Outcome outcome, Duration took) {
  auto& state = directory_[backend];
  if (state.config.balance != config::Balance::ewma) return;
  auto& memory = state.endpoints[endpoint]->memory;
  auto before = memory.load(std::memory_order_relaxed);
  while (!memory.compare_exchange_weak(before, balance::remember(before, outcome, took, loop_.now()),
                                       std::memory_order_relaxed)) {
  }
}

std::unique_ptr<Connection> Upstream::lease(std::size_t backend, std::size_t endpoint) {
  auto& pool = *pools_[backend];
  auto& idle = pool.idle[endpoint];
  auto const& config = directory_[backend].config.pool;
  while (!idle.empty()) {
    auto connection = std::move(idle.back());
    idle.pop_back();
    --pool.idle_total;
    counters(backend).connections_idle.sub();
    if (connection->quiet() && loop_.now() - connection->opened < config.max_age) return connection;
  }
  return nullptr;
}

void Upstream::give_back(std::unique_ptr<Connection> connection) {
  if (pass_on(connection)) return;
  auto const rest = directory_[connection->backend].config.pool.idle;
  keep(std::move(connection), loop_.now() + rest);
}

/// Unless there is something against it: then it is closed.
void Upstream::keep(std::unique_ptr<Connection> connection, TimePoint until) {
  auto& pool = *pools_[connection->backend];
  auto const& config = directory_[connection->backend].config.pool;
  auto const now = loop_.now();
  auto const& stream = *connection->stream;
  // In use while the trust changed: it ends with the old one.
  bool const outdated = stream.secure() && !directory_[connection->backend].tls.is(stream.trust());
  bool const worn = outdated || now - connection->opened >= config.max_age;
  bool const gone = connection->opened <= pool.moved[connection->endpoint] && !is_listed(*connection);
  if (draining_ || worn || gone || pool.idle_total >= config.max_idle) return;
  connection->rest(std::min(until, now + config.idle));
  counters(connection->backend).connections_idle.add();
  ++pool.idle_total;
  pool.idle[connection->endpoint].push_back(std::move(connection));
}

void Upstream::drop_idle(Connection& connection) {
  auto& pool = *pools_[connection.backend];
  auto& idle = pool.idle[connection.endpoint];
  auto const found = std::ranges::find(idle, &connection, &std::unique_ptr<Connection>::get);
  if (found == idle.end()) return;
  --pool.idle_total;
  counters(connection.backend).connections_idle.sub();
  idle.erase(found);
}

Connection::Connection(Upstream& upstream, std::size_t backend_index, std::size_t endpoint_index,
                       std::unique_ptr<net::Stream> connected)
    : tickets(upstream.pools_[backend_index]->tickets[endpoint_index]),
      stream(std::move(connected)),
      backend(backend_index),
      endpoint(endpoint_index),
      opened(upstream.loop_.now()),
      upstream_(&upstream),
      idle_(upstream.loop_.wheel(), *this) {
  upstream_->counters(backend).connections_open.add();
}

Connection::~Connection() { upstream_->counters(backend).connections_open.sub(); }

void Connection::move_to(Upstream& upstream, std::size_t backend_index, std::size_t endpoint_index) {
  upstream_->counters(backend).connections_open.sub();
  upstream_ = &upstream;
  backend = backend_index;
  endpoint = endpoint_index;
  upstream_->counters(backend).connections_open.add();
}

void Connection::lease(net::Waiter& waiter) {
  resting_ = false;
  idle_.disarm();
  stream->watch(&waiter);
}

void Connection::rest(TimePoint until) {
  resting_ = true;
  stream->watch(this);
  idle_.arm(until);
}

void Connection::notify() {
  // A backend has nothing to say on an idle connection: a byte would be taken for the next request's answer. Its TLS
  // may have: a ticket for the next session.
  if (!resting_ || (stream->quiet() && !idle_.expired())) return;
  if (!stream->hung_up()) stream->shutdown_write();
  upstream_->drop_idle(*this);  // destroys this
}

}  // namespace inferway::upstream
