#pragma once

#include "inferway/net/listener.hpp"
#include "inferway/proxy/proxy.hpp"
#include "inferway/server/server.hpp"
#include "inferway/telemetry/telemetry.hpp"
#include "inferway/upstream/upstream.hpp"
#include "listening.hpp"

#include <memory>
#include <thread>
#include <vector>

namespace inferway::app {

/// What all workers of the process share.
struct Shared {
  proxy::Snapshot& snapshot;
  proxy::BufferedBytes& buffered;
  server::ConnectionCount& connections;
  server::Settings settings;
};

/// One thread with its loop, its sessions and its upstream connections.
class Worker {
 public:
  Worker(Shared const& shared, telemetry::Shard& shard, std::uint64_t seed);
  Worker(Worker const&) = delete;
  Worker& operator=(Worker const&) = delete;
  ~Worker();

  /// Starts the thread, accepting on `listening`. New connections are spread over `all` (this one among them).
  void start(std::vector<std::unique_ptr<Listening>> const& listening, std::vector<std::unique_ptr<Worker>> const& all);
  /// Leaves the listening sockets; `done` is called on this worker's thread. Any thread.
  void stop_accepting(std::function<void()> done);
  /// Connections it serves. Any thread.
  [[nodiscard]] std::uint32_t load() { return server_.load().load(std::memory_order_relaxed); }
  /// Serves a connection that somebody else accepted. Any thread.
  void adopt(net::Descriptor connection, net::Address const& peer, net::TlsServerContext::Shared tls);
  /// Takes no more requests and ends sessions as they get idle. `when_empty` is called on this worker's thread when
  /// none is left. Any thread.
  void drain(std::function<void()> when_empty);
  /// Ends what still runs. Any thread.
  void cut();
  /// Ends the thread; sessions must have ended.
  void stop();
  void names_changed();
  void tls_changed();

 private:
  void take(net::Descriptor connection, net::Address const& peer, net::TlsServerContext::Shared tls);

  telemetry::Shard& shard_;
  net::Loop loop_;
  proxy::LoadMeter load_meter_;
  upstream::Upstream upstream_;
  proxy::Proxy proxy_;
  server::Server server_;
  std::vector<std::unique_ptr<net::Acceptor>> acceptors_;
  std::vector<std::unique_ptr<Worker>> const* all_ = nullptr;
  std::thread thread_;
};

}  // namespace inferway::app
