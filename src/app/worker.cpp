#include "worker.hpp"

#include <algorithm>

namespace inferway::app {

namespace {

/// A connection stays with the worker that accepted it while this one is not that many above the least loaded: moving
/// costs a wake-up, and long streams make a small number of connections uneven for hours.
constexpr std::uint32_t kImbalance = 1;

}  // namespace

Worker::Worker(Shared const& shared, telemetry::Shard& shard, std::uint64_t seed)
    : shard_(shard),
      load_meter_(loop_, shared.connections.open, shared.buffered.held, shard),
      upstream_(loop_, shared.snapshot.directory, shared.settings.limits, shard, seed),
      proxy_(loop_, shared.snapshot, upstream_, shared.buffered, load_meter_, shard),
      server_(loop_, proxy_, shared.settings, shared.connections, shard) {}

Worker::~Worker() { stop(); }

void Worker::start(std::vector<std::unique_ptr<Listening>> const& listening,
                   std::vector<std::unique_ptr<Worker>> const& all) {
  all_ = &all;
  for (auto const& at : listening) {
    acceptors_.push_back(std::make_unique<net::Acceptor>(
        loop_, at->socket(),
        [this, at = at.get()](net::Descriptor connection, net::Address const& peer) {
          take(std::move(connection), peer, at->tls());
        },
        shard_.accept_pauses));
  }
  thread_ = std::thread([this] { loop_.run(); });
}

/// Gives a new connection to the worker with the fewest, before anything is read from it.
void Worker::take(net::Descriptor connection, net::Address const& peer, net::TlsServerContext::Shared tls) {
  auto const load = [](auto const& worker) { return worker->server_.load().load(std::memory_order_relaxed); };
  auto const& least = *std::ranges::min_element(*all_, {}, load);
  bool const stays = server_.load().load(std::memory_order_relaxed) <= load(least) + kImbalance;
  Worker& target = stays ? *this : *least;
  if (!stays) return target.adopt(std::move(connection), peer, std::move(tls));
  server_.load().fetch_add(1, std::memory_order_relaxed);
  loop_.defer([this, connection = std::move(connection), peer, tls = std::move(tls)]() mutable {
    server_.serve(std::move(connection), peer, std::move(tls));
  });
}

void Worker::adopt(net::Descriptor connection, net::Address const& peer, net::TlsServerContext::Shared tls) {
  server_.load().fetch_add(1, std::memory_order_relaxed);
  loop_.post([this, connection = std::move(connection), peer, tls = std::move(tls)]() mutable {
    server_.serve(std::move(connection), peer, std::move(tls));
  });
}

void Worker::stop_accepting(std::function<void()> done) {
  loop_.post([this, done = std::move(done)] {
    for (auto const& acceptor : acceptors_) acceptor->stop();
    done();
  });
}

void Worker::drain(std::function<void()> when_empty) {
  loop_.post([this, when_empty = std::move(when_empty)]() mutable {
    server_.drain();
    upstream_.drain();
    server_.when_empty(std::move(when_empty));
  });
}

void Worker::cut() {
  loop_.post([this] { server_.cut(); });
}

void Worker::names_changed() {
  loop_.post([this] { upstream_.names_changed(); });
}

void Worker::tls_changed() {
  loop_.post([this] { upstream_.tls_changed(); });
}

void Worker::stop() {
  loop_.stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace inferway::app
