#pragma once

#include "inferway/balance/adaptive_limit.hpp"
#include "inferway/balance/candidates.hpp"
#include "inferway/balance/ewma.hpp"
#include "inferway/balance/latency_sketch.hpp"
#include "inferway/balance/random.hpp"
#include "inferway/balance/retry_budget.hpp"
#include "inferway/config/config.hpp"
#include "inferway/http/field_stock.hpp"
#include "inferway/net/published.hpp"
#include "inferway/net/resolver.hpp"
#include "inferway/net/stream.hpp"
#include "inferway/net/tls.hpp"
#include "inferway/telemetry/telemetry.hpp"
#include "inferway/upstream/health.hpp"
#include "inferway/upstream/place_queue.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Connections to backends: endpoints, pools, and one try of one request (attempt.hpp).
namespace inferway::upstream {

/// max_inflight: auto. Nobody waits for the lock: a sample that finds it taken is left out.
struct LimitFinder {
  std::mutex mutex;
  bool in_force = false;  ///< in the newest configuration
  balance::AdaptiveLimit limit;
};

/// What all workers know of one endpoint, and what survives a change of the configuration as long as its backend's
/// name, its URL and its TLS stay. What workers write at each request has a cache line of its own.
struct alignas(64) Endpoint {
  config::Endpoint config;
  std::shared_ptr<net::Name> name;
  alignas(64) std::atomic<std::uint32_t> inflight{0};
  std::atomic<std::uint32_t> limit{0};      ///< of inflight, as the newest configuration has it; 0: none
  std::atomic<std::uint32_t> preferred{0};  ///< among the name's addresses: the one that was connected to last
  EndpointStatus status;
  LimitFinder limit_finder;
  alignas(64) std::atomic<balance::Memory> memory{balance::kNothing};  ///< of balance: ewma
};

/// What all workers know of a backend as a whole, and what survives a change of the configuration as its name does.
struct BackendState {
  BackendStatus health;
  PlaceQueue queue;
  balance::RetryBudget retries;
  balance::LatencySketch latencies;
  std::atomic<bool> latencies_wanted{false};  ///< somebody asked: from then on they are noted
};

struct Backend {
  config::Backend config;
  std::shared_ptr<BackendState> state;
  net::Published<net::TlsClientContext> tls;  ///< for its https:// endpoints; read at each dial
  std::vector<std::shared_ptr<Endpoint>> endpoints;
};

/// The backends of a configuration, shared by all workers.
class Directory {
 public:
  /// Reads the TLS files; throws std::runtime_error that says what is wrong with one. `before`: the configuration that
  /// this one follows, whose endpoints it goes on with where backend, URL and TLS are the same, and whose trust where
  /// the files are, or cannot be read any more. Blocking; not for workers.
  Directory(std::vector<config::Backend> const& backends, net::Resolver& resolver, Directory const* before = nullptr);
  [[nodiscard]] Backend& operator[](std::size_t backend) const { return *backends_[backend]; }
  [[nodiscard]] std::size_t size() const { return backends_.size(); }
  /// Which backends keep the TLS settings of before, because their files are wrong by now.
  [[nodiscard]] std::vector<std::string> const& troubles() const { return troubles_; }
  [[nodiscard]] net::Resolver& resolver() const { return resolver_; }

 private:
  void load_tls(Backend& backend, Backend const* earlier);

  net::Resolver& resolver_;
  std::vector<std::string> troubles_;
  std::vector<std::unique_ptr<Backend>> backends_;
};

class Connection;
class Attempt;
class Place;

/// What a request may hope for at a backend.
struct Outlook {
  bool open = true;                      ///< an endpoint may be taken now, be it by waiting in the queue
  bool other = true;                     ///< ... that is not among those to avoid
  TimePoint soonest = TimePoint::max();  ///< when not open: when the first of those that rest may be; max(): never
};

/// One worker's connections and choices. Loop thread only.
class Upstream {
 public:
  Upstream(net::Loop& loop, Directory& directory, config::Limits const& limits, telemetry::Shard& shard,
           std::uint64_t seed);
  ~Upstream();

  /// Names may have changed or come to be known: whoever waits for one looks again.
  void names_changed();
  /// Takes over, of the configuration before this one, the idle connections and TLS sessions of endpoints that stay,
  /// and from now on its connections as they are given back. `before` must end first, or be taken over again by who
  /// follows this one.
  void take_over(Upstream& before);
  /// Closes all idle connections, and keeps none from now on.
  void drain();
  /// Whether asking for a Place has any sense now.
  [[nodiscard]] Outlook outlook(std::size_t backend, std::span<std::size_t const> avoid) const;

  /// One more request whose first try goes to this backend: what the retry budget is a share of.
  void count_request(std::size_t backend);
  /// Takes one further try out of the budget: tries beyond the first, of ten seconds, as a share of the requests.
  /// False: it is used up.
  [[nodiscard]] bool allow_retry(std::size_t backend, std::uint32_t percent);
  /// The percentile (1 to 99) of the times to the first byte of late; nothing when too little is known.
  [[nodiscard]] std::optional<Duration> latency(std::size_t backend, std::uint32_t percentile) const;

  [[nodiscard]] telemetry::BackendCounters& counters(std::size_t backend) { return *counters_[backend]; }
  [[nodiscard]] balance::Random& random() { return random_; }
  [[nodiscard]] Directory& directory() { return directory_; }

 private:
  friend class Attempt;
  friend class Place;
  friend class Connection;
  struct Pool;

  /// Which endpoints may be taken, as shares in the pool's loads.
  [[nodiscard]] balance::Candidates candidates(std::size_t backend, std::span<std::size_t const> avoid) const;
  /// One of these.
  [[nodiscard]] std::size_t choose(std::size_t backend);
  /// How an attempt went, for balance: ewma.
  void learn(std::size_t backend, std::size_t endpoint, balance::Outcome outcome, Duration took);
  /// The time to the first byte of an answer's body, of a request with which so many were in flight.
  void measure(std::size_t backend, std::size_t endpoint, Duration took, std::uint32_t inflight);
  /// This configuration is the newest one. Any thread.
  void apply_limits();
  [[nodiscard]] std::unique_ptr<Connection> lease(std::size_t backend, std::size_t endpoint);
  void give_back(std::unique_ptr<Connection> connection);
  void keep(std::unique_ptr<Connection> connection, TimePoint until);
  void drop_idle(Connection& connection);
  void close_idle(std::size_t backend);
  void follow(std::size_t backend, std::size_t endpoint);
  [[nodiscard]] bool is_listed(Connection const& connection) const;

  /// Where an endpoint stands in a configuration.
  struct Seat {
    std::size_t backend;
    std::size_t endpoint;
  };
  void take_over(Upstream& before, Seat from, Seat to);
  [[nodiscard]] bool pass_on(std::unique_ptr<Connection>& connection);

  net::Loop& loop_;
  Directory& directory_;
  config::Limits limits_;
  telemetry::Shard& shard_;
  balance::Random random_;
  http::FieldStock fields_;                   ///< of answers' heads
  std::vector<std::unique_ptr<Pool>> pools_;  ///< by backend
  std::vector<net::Waiter*> waiting_for_names_;
  std::vector<telemetry::BackendCounters*> counters_;    ///< by backend
  Upstream* successor_ = nullptr;                        ///< of the next configuration; nullptr: this one is in force
  std::vector<std::vector<std::optional<Seat>>> seats_;  ///< by backend and endpoint: its place with the successor
  bool draining_ = false;
};

}  // namespace inferway::upstream
