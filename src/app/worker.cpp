#include "worker.hpp"

#include <algorithm>

namespace inferway::app {

namespace {

/// A connection stays with the worker that accepted it while this one is not that many above the least loaded: moving
/// costs a wake-up, and long streams make a small number of connections uneven for hours.
constexpr std::uint32_t kImbalance = 1;

}  // namespace

Worker::Worker(Shared const& shared, Setup const& setup, telemetry::Shard& shard)
    : shared_(shared),
      shard_(shard),
      load_meter_(loop_, shared.connections.open, shared.buffered.held, shard),
      mirrors_(loop_),
      server_(loop_, first(setup), setup.settings, shared.connections, shard) {}

Worker::~Worker() { stop(); }

server::Handler& Worker::first(Setup const& setup) {
  generations_.push_back(make_generation(setup));
  return generations_.back()->proxy;
}

std::unique_ptr<Generation> Worker::make_generation(Setup const& setup) {
  return std::make_unique<Generation>(loop_, setup.snapshot, shared_.buffered, load_meter_, mirrors_, shard_,
                                      setup.seed);
}

void Worker::start(std::vector<std::shared_ptr<Listening>> const& listening,
                   std::vector<std::unique_ptr<Worker>> const& all) {
  all_ = &all;
  listen(listening);
  thread_ = std::thread([this] { loop_.run(); });
}

/// Leaves what is not among these, and begins to accept on what is new.
void Worker::listen(std::vector<std::shared_ptr<Listening>> const& listening) {
  std::erase_if(acceptors_,
                [&](auto const& entry) { return std::ranges::find(listening, entry.first) == listening.end(); });
  for (auto const& at : listening) {
    auto& acceptor = acceptors_[at];
    if (acceptor != nullptr) continue;
    acceptor = std::make_unique<net::Acceptor>(
        loop_, at->socket(),
        [this, at = at.get()](net::Descriptor connection, net::Address const& peer) {
          take(std::move(connection), peer, at->opening());
        },
        shard_.accept_pauses);
  }
}

void Worker::change(Setup setup, std::function<void()> done) {
  loop_.post([this, setup = std::move(setup), done = std::move(done)]() mutable {
    auto next = make_generation(setup);
    // Whoever still runs hands its connections on to the newest: the one between may end before it.
    for (auto const& before : generations_) next->upstream.take_over(before->upstream);
    auto& old = *generations_.back();
    server_.change(next->proxy, setup.settings);
    generations_.push_back(std::move(next));
    retire(old);
    listen(setup.listening);
    setup = {};
    done();
  });
}

void Worker::retire(Generation& old) {
  // Not from within: its last request is still on the stack.
  old.proxy.retire([this, &old] { loop_.defer([this, &old] { end(old); }); });
}

void Worker::end(Generation const& old) {
  auto const found = std::ranges::find(generations_, &old, &std::unique_ptr<Generation>::get);
  auto snapshot = (*found)->snapshot;
  generations_.erase(found);
  // To free ten thousand routes takes a while: no request waits for it on the main thread.
  shared_.main.post([snapshot = std::move(snapshot)]() mutable { snapshot.reset(); });
}

/// Gives a new connection to the worker with the fewest, before anything is read from it.
void Worker::take(net::Descriptor connection, net::Address const& peer, server::Opening opening) {
  auto const load = [](auto const& worker) { return worker->server_.load().load(std::memory_order_relaxed); };
  auto const& least = *std::ranges::min_element(*all_, {}, load);
  bool const stays = server_.load().load(std::memory_order_relaxed) <= load(least) + kImbalance;
  Worker& target = stays ? *this : *least;
  if (!stays) return target.adopt(std::move(connection), peer, std::move(opening));
  server_.load().fetch_add(1, std::memory_order_relaxed);
  loop_.defer([this, connection = std::move(connection), peer, opening = std::move(opening)]() mutable {
    server_.serve(std::move(connection), peer, std::move(opening));
  });
}

void Worker::adopt(net::Descriptor connection, net::Address const& peer, server::Opening opening) {
  server_.load().fetch_add(1, std::memory_order_relaxed);
  loop_.post([this, connection = std::move(connection), peer, opening = std::move(opening)]() mutable {
    server_.serve(std::move(connection), peer, std::move(opening));
  });
}

void Worker::stop_accepting(std::function<void()> done) {
  loop_.post([this, done = std::move(done)] {
    acceptors_.clear();
    done();
  });
}

void Worker::drain(Duration last_moment, std::function<void()> when_empty) {
  loop_.post([this, last_moment, when_empty = std::move(when_empty)]() mutable {
    server_.drain(last_moment);
    for (auto const& generation : generations_) generation->upstream.drain();
    mirrors_.end();
    server_.when_empty(
        [this, when_empty = std::move(when_empty)]() mutable { mirrors_.when_empty(std::move(when_empty)); });
  });
}

void Worker::cut() {
  loop_.post([this] { server_.cut(); });
}

void Worker::names_changed() {
  loop_.post([this] {
    for (auto const& generation : generations_) generation->upstream.names_changed();
  });
}

void Worker::stop() {
  loop_.stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace inferway::app
