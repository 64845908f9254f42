#pragma once

#include "inferway/config/config.hpp"
#include "inferway/http/field_stock.hpp"
#include "inferway/net/address.hpp"
#include "inferway/net/loop.hpp"
#include "inferway/net/task_group.hpp"
#include "inferway/net/tls.hpp"
#include "inferway/server/client_rules.hpp"
#include "inferway/server/client_table.hpp"
#include "inferway/server/downstream.hpp"
#include "inferway/telemetry/telemetry.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>

namespace inferway::server {

class Session;
class HandshakeSlot;

/// What all servers of a process share: how many client connections there are, and whose.
struct ConnectionCount {
  std::atomic<std::uint64_t> open{0};
  ClientTable clients;
};

/// How a connection begins, as its listener says.
struct Opening {
  net::TlsServerContext::Shared tls;  ///< nullptr: without TLS
  bool proxy_protocol = false;        ///< with a PROXY header, before anything else
};

struct Settings {
  config::Limits limits;  ///< tls_handshakes: this server's share
  config::ClientTimeouts timeouts;
  std::shared_ptr<ClientRules const> clients;  ///< nullptr: their addresses do not matter
};

/// The client side of one worker: sessions over accepted connections. Loop thread only.
class Server {
 public:
  Server(net::Loop& loop, Handler& handler, Settings settings, ConnectionCount& count, telemetry::Shard& shard);
  ~Server();

  /// Connections given to this server and not yet ended, for whoever spreads them over workers: whoever will call
  /// serve() adds one first. Any thread.
  [[nodiscard]] std::atomic<std::uint32_t>& load() { return load_; }

  /// Serves a connection; over limits.connections it is answered 503 and closed.
  void serve(net::Descriptor connection, net::Address const& peer, Opening opening = {});

  /// Requests that begin from now on are the new handler's, and keep to the new settings; those under way go on as they
  /// began.
  void change(Handler& handler, Settings settings);

  /// One more request at most is taken from any connection, if it begins within the last moment; those that are idle
  /// by then are closed.
  void drain(Duration last_moment);
  /// Ends everything that still runs.
  void cut();
  [[nodiscard]] std::size_t sessions() const { return tasks_.size(); }
  void when_empty(std::function<void()> call) { tasks_.when_empty(std::move(call)); }

 private:
  friend class Session;
  friend class HandshakeSlot;

  /// The Date of the gateway's own answers, made once a second.
  [[nodiscard]] std::string const& date();

  net::Loop& loop_;
  Handler* handler_;
  std::shared_ptr<Settings const> settings_;
  ConnectionCount& count_;
  telemetry::Shard& shard_;
  net::TaskGroup tasks_;
  alignas(64) std::atomic<std::uint32_t> load_{0};
  std::uint64_t handshakes_ = 0;               ///< TLS handshakes under way
  std::list<HandshakeSlot*> next_handshakes_;  ///< those that wait for one to end
  Session* first_ = nullptr;                   ///< all sessions, to tell them of drain and cut
  http::FieldStock fields_;                    ///< of requests' heads
  std::string date_;
  std::chrono::system_clock::time_point date_until_{};
  Duration last_moment_{};
  bool draining_ = false;
  bool cut_ = false;
};

}  // namespace inferway::server
