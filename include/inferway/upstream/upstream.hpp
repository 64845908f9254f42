#pragma once

#include "inferway/balance/ewma.hpp"
#include "inferway/balance/random.hpp"
#include "inferway/config/config.hpp"
#include "inferway/net/published.hpp"
#include "inferway/net/resolver.hpp"
#include "inferway/net/stream.hpp"
#include "inferway/net/tls.hpp"
#include "inferway/telemetry/telemetry.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Connections to backends: endpoints, pools, and one try of one request (attempt.hpp).
namespace inferway::upstream {

/// What all workers know of one endpoint. A cache line of its own: workers write it at each request.
struct alignas(64) Endpoint {
  config::Endpoint config;
  std::shared_ptr<net::Name> name;
  std::atomic<std::uint32_t> inflight{0};
  std::atomic<std::uint32_t> preferred{0};  ///< among the name's addresses: the one that was connected to last
  alignas(64) std::atomic<balance::Memory> memory{balance::kNothing};  ///< of balance: ewma
};

struct Backend {
  config::Backend config;
  net::Published<net::TlsClientContext> tls;  ///< for its https:// endpoints; read at each dial
  std::vector<std::unique_ptr<Endpoint>> endpoints;
};

/// The backends of a configuration, shared by all workers.
class Directory {
 public:
  /// Reads the TLS files; throws std::runtime_error that says what is wrong with one.
  Directory(std::vector<config::Backend> const& backends, net::Resolver& resolver);
  /// Reads them anew. What is wrong with a backend's, which then keeps what it had. Not for workers.
  [[nodiscard]] std::optional<std::string> reload_tls();
  [[nodiscard]] Backend& operator[](std::size_t backend) { return *backends_[backend]; }
  [[nodiscard]] std::size_t size() const { return backends_.size(); }
  [[nodiscard]] net::Resolver& resolver() const { return resolver_; }

 private:
  net::Resolver& resolver_;
  std::vector<std::unique_ptr<Backend>> backends_;
};

class Connection;
class Attempt;

/// One worker's connections and choices. Loop thread only.
class Upstream {
 public:
  Upstream(net::Loop& loop, Directory& directory, config::Limits const& limits, telemetry::Shard& shard,
           std::uint64_t seed);
  ~Upstream();

  /// Names may have changed or come to be known: whoever waits for one looks again.
  void names_changed();
  /// The TLS files were read anew: idle connections and sessions of the old ones are not used any more.
  void tls_changed();
  /// Closes all idle connections, and keeps none from now on.
  void drain();
  [[nodiscard]] balance::Random& random() { return random_; }
  [[nodiscard]] Directory& directory() { return directory_; }

 private:
  friend class Attempt;
  friend class Connection;
  struct Pool;

  [[nodiscard]] std::size_t pick(std::size_t backend);
  /// How an attempt went, for balance: ewma.
  void learn(std::size_t backend, std::size_t endpoint, balance::Outcome outcome, Duration took);
  [[nodiscard]] std::unique_ptr<Connection> lease(std::size_t backend, std::size_t endpoint);
  void give_back(std::unique_ptr<Connection> connection);
  void drop_idle(Connection& connection);
  void close_idle(std::size_t backend);
  void follow(std::size_t backend, std::size_t endpoint);
  [[nodiscard]] bool is_listed(Connection const& connection) const;
  [[nodiscard]] telemetry::BackendCounters& counters(std::size_t backend) { return *shard_.backends[backend]; }

  net::Loop& loop_;
  Directory& directory_;
  config::Limits limits_;
  telemetry::Shard& shard_;
  balance::Random random_;
  std::vector<std::unique_ptr<Pool>> pools_;  ///< by backend
  std::vector<net::Waiter*> waiting_for_names_;
  bool draining_ = false;
};

}  // namespace inferway::upstream
