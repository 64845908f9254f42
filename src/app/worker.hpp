#pragma once

#include "generation.hpp"
#include "inferway/net/listener.hpp"
#include "inferway/server/server.hpp"
#include "inferway/telemetry/telemetry.hpp"
#include "listening.hpp"

#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

namespace inferway::app {

/// What all workers of the process share, whatever the configuration.
struct Shared {
  net::Loop& main;  ///< the main thread's
  proxy::BufferedBytes& buffered;
  server::ConnectionCount& connections;
};

/// What a worker serves by.
struct Setup {
  std::shared_ptr<proxy::Snapshot> snapshot;
  server::Settings settings;
  std::vector<std::shared_ptr<Listening>> listening;
  std::uint64_t seed = 0;
};

/// One thread with its loop, its sessions and its upstream connections.
class Worker {
 public:
  Worker(Shared const& shared, Setup const& setup, telemetry::Shard& shard);
  Worker(Worker const&) = delete;
  Worker& operator=(Worker const&) = delete;
  ~Worker();

  /// Starts the thread, accepting on what the setup says. New connections are spread over `all` (this one among them).
  void start(std::vector<std::shared_ptr<Listening>> const& listening, std::vector<std::unique_ptr<Worker>> const& all);
  /// Another configuration: requests that begin from now on are served by it. `done` is called on this worker's thread.
  /// Any thread.
  void change(Setup setup, std::function<void()> done);
  /// Leaves the listening sockets; `done` is called on this worker's thread. Any thread.
  void stop_accepting(std::function<void()> done);
  /// Connections it serves. Any thread.
  [[nodiscard]] std::uint32_t load() { return server_.load().load(std::memory_order_relaxed); }
  /// Serves a connection that somebody else accepted. Any thread.
  void adopt(net::Descriptor connection, net::Address const& peer, server::Opening opening);
  /// Ends sessions as they get idle, unless they ask once more within the last moment. `when_empty` is called on this
  /// worker's thread when none is left. Any thread.
  void drain(Duration last_moment, std::function<void()> when_empty);
  /// Ends what still runs. Any thread.
  void cut();
  /// Ends the thread; sessions must have ended.
  void stop();
  void names_changed();

 private:
  [[nodiscard]] server::Handler& first(Setup const& setup);
  [[nodiscard]] std::unique_ptr<Generation> make_generation(Setup const& setup);
  void listen(std::vector<std::shared_ptr<Listening>> const& listening);
  void take(net::Descriptor connection, net::Address const& peer, server::Opening opening);
  void retire(Generation& old);
  void end(Generation const& old);

  Shared const shared_;
  telemetry::Shard& shard_;
  net::Loop loop_;
  proxy::LoadMeter load_meter_;
  proxy::Mirrors mirrors_;
  std::vector<std::unique_ptr<Generation>> generations_;  ///< the last is in force; the others end with their requests
  server::Server server_;
  std::map<std::shared_ptr<Listening>, std::unique_ptr<net::Acceptor>> acceptors_;
  std::vector<std::unique_ptr<Worker>> const* all_ = nullptr;
  std::thread thread_;
};

}  // namespace inferway::app
