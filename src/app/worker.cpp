#include "worker.hpp"

#include <algorithm>

namespace inferway::app {

namespace {

/// A connection stays with the worker that accepted it while this one is not that many above the least loaded: moving
/// costs a wake-up, and long streams make a small number of connections uneven for hours.
constexpr std::uint32_t kImbalance = 1;

}  // namespace

Worker::Worker(Shared const& shared, telemetry::Shard& shard, std::uint64_t seed)
    : upstream_(loop_, shared.snapshot.directory, shared.settings.limits, shard, seed),
      proxy_(loop_, shared.snapshot, upstream_, shared.buffered, shard),
      server_(loop_, proxy_, shared.settings, shared.connections, shard) {}

Worker::~Worker() { stop(); }

void Worker::start(std::vector<net::Descriptor> const& listening, std::vector<std::unique_ptr<Worker>> const& all) {
  all_ = &all;
  for (auto const& descriptor : listening) {
    acceptors_.push_back(std::make_unique<net::Acceptor>(
        loop_, descriptor,
        [this](net::Descriptor connection, net::Address const& peer) { take(std::move(connection), peer); }));
  }
  thread_ = std::thread([this] { loop_.run(); });
}

/// Gives a new connection to the worker with the fewest, before anything is read from it.
void Worker::take(net::Descriptor connection, net::Address const& peer) {
  auto const load = [](auto const& worker) { return worker->server_.load().load(std::memory_order_relaxed); };
  auto const& least = *std::ranges::min_element(*all_, {}, load);
  bool const stays = server_.load().load(std::memory_order_relaxed) <= load(least) + kImbalance;
  Worker& target = stays ? *this : *least;
  if (!stays) return target.adopt(std::move(connection), peer);
  server_.load().fetch_add(1, std::memory_order_relaxed);
  loop_.defer(
      [this, connection = std::move(connection), peer]() mutable { server_.serve(std::move(connection), peer); });
}

void Worker::adopt(net::Descriptor connection, net::Address const& peer) {
  server_.load().fetch_add(1, std::memory_order_relaxed);
  loop_.post(
      [this, connection = std::move(connection), peer]() mutable { server_.serve(std::move(connection), peer); });
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

void Worker::stop() {
  loop_.stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace inferway::app
