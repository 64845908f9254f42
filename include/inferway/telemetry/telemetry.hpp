#pragma once

#include "inferway/base/error.hpp"
#include "inferway/base/tls_failure.hpp"
#include "inferway/config/config.hpp"
#include "inferway/telemetry/numbering.hpp"
#include "inferway/telemetry/record.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace inferway::telemetry {

/// A number only one thread writes and any thread may read: no locked instruction, no torn read.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void sub(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed); }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// What a worker counts about TLS with one side.
struct TlsCounters {
  Counter full;     ///< handshakes with all that belongs to one
  Counter resumed;  ///< handshakes that went on with an earlier session
  std::array<Counter, kTlsFailureCount> failures;
};

/// Why a client, or who claimed to speak for one, was turned away for its address.
enum class ClientRefusal : std::uint8_t {
  denied,  ///< by clients.allow or clients.deny
  connections_per_ip,
  rpm_per_ip,
  untrusted_proxy,  ///< a PROXY header was to come, from somebody who may not send one
  proxy_header,     ///< which was missing, wrong, or not whole within timeouts.header
};
inline constexpr std::size_t kClientRefusalCount = static_cast<std::size_t>(ClientRefusal::proxy_header) + 1;
[[nodiscard]] std::string_view name(ClientRefusal refusal);

/// What a worker counts about one backend.
struct BackendCounters {
  Counter connects;          ///< connections opened
  Counter reused;            ///< requests sent on a pooled connection
  Counter connections_open;  ///< gauge: in use and idle
  Counter connections_idle;  ///< gauge
  Counter inflight;          ///< gauge: attempts under way
  Counter attempts;
  Counter replaced;                                    ///< stale pooled connections replaced invisibly
  Counter cancelled;                                   ///< attempts ended because the client went
  Counter outrun;                                      ///< attempts ended because another one was quicker
  std::array<Counter, kErrorCodeCount> errors;         ///< failed attempts by cause
  std::array<Counter, config::kRetryOnCount> retried;  ///< failed attempts that another one followed, by cause
  Counter fallbacks;                                   ///< requests that came here because another backend failed
  Counter hedges;                                      ///< second tries raced against a slow first one
  Counter hedges_won;
  Counter resumed;         ///< broken streams that another try was to continue
  Counter mirrored;        ///< copies of requests sent here
  Counter mirror_dropped;  ///< copies not sent, to spare the requests themselves
  TlsCounters tls;
  Counter queue_length;     ///< gauge: requests that wait for an endpoint
  Counter queue_waits;      ///< requests that had to
  Counter queue_wait_ns;    ///< how long, all together
  Counter queue_full;       ///< requests that were not let in
  Counter queue_timeouts;   ///< requests that waited in vain
  Counter retries_refused;  ///< tries that were not made because the retry budget was used up
};

/// One worker's figures. Only that worker writes; the scrape reads.
class Shard {
 public:
  virtual ~Shard() = default;

  /// Counts the request (by route, backend, status; histograms of duration and first byte) and hands the record to
  /// the access log's ring. Its indices are numbers by now (Numbering::apply). Never blocks; when the ring is full the
  /// line is dropped and counted.
  virtual void finish(Record const& record) = 0;
  /// How late the worker's loop was, seen once in a while.
  virtual void observe_loop_lag(std::chrono::nanoseconds) {}

  /// The counters of the backend of that name: the same ones in each configuration that has it. Takes a lock, so it is
  /// asked for once a configuration; the reference lasts as long as the shard.
  [[nodiscard]] virtual BackendCounters& backend(std::string_view name) = 0;

  // Gauges and counters that the rooms move themselves.
  Counter requests_inflight;
  Counter websockets_open;  ///< gauge: tunnels after a 101
  Counter websockets;
  Counter connections_open;
  Counter connections_accepted;
  Counter connections_refused;  ///< over limits.connections
  std::array<Counter, kClientRefusalCount> clients_refused;
  Counter accept_pauses;    ///< accepting rested: no file descriptor was left
  Counter loop_lag_ns;      ///< gauge: smoothed
  Counter client_bytes_in;  ///< all bytes read from clients
  Counter client_bytes_out;
  Counter buffered_bytes;  ///< gauge: bodies held in memory
  Counter buffered_bytes_refused;
  Counter bad_requests;     ///< refused before they were a request
  Counter heads_too_large;  ///< over limits.header_bytes or limits.header_count
  Counter heads_timed_out;
  Counter lingering_closes;
  Counter write_timeouts;
  TlsCounters tls;
  Counter tls_handshaking;  ///< gauge: handshakes with clients under way
  Counter tls_waiting;      ///< gauge: connections that wait for their handshake to begin
  Counter tls_waited;       ///< handshakes that had to wait for limits.tls_handshakes
  Counter sessions_failed;  ///< ended by an exception: a bug of ours
};

class LogOutput;

/// How often the configuration was to be exchanged, and the one in force.
struct ReloadFigures {
  std::uint64_t succeeded = 0;
  std::uint64_t refused = 0;
  std::uint64_t generation = 1;                      ///< 1: of the start; one more with each reload that succeeded
  std::chrono::system_clock::time_point accepted{};  ///< when it was taken
};

/// The figures of the whole process, and the access log's writer thread.
class Telemetry {
 public:
  /// `workers` shards. Opens the access log and starts the thread that writes it; throws std::runtime_error when it
  /// cannot be opened.
  Telemetry(config::Config const& config, std::size_t workers);
  Telemetry(Telemetry const&) = delete;
  Telemetry& operator=(Telemetry const&) = delete;
  /// Writes what is still in the rings; gives up on a pipe that nobody reads after a second. The workers must have
  /// ended.
  ~Telemetry();

  [[nodiscard]] Shard& shard(std::size_t worker);
  /// For a server whose requests are nobody's figures: the admin port. No record of it is logged.
  [[nodiscard]] Shard& unlisted_shard();

  /// All figures in the Prometheus text format, version 0.0.4. Any thread.
  [[nodiscard]] std::string prometheus() const;

  /// Lines of the access log that were lost: a ring was full, or the log could not be written.
  [[nodiscard]] std::uint64_t access_log_dropped() const;

  /// The numbers of the configuration's names. Any thread.
  [[nodiscard]] Numbering number(config::Config const& config);

  /// What another configuration changes here, made ready so that nothing of it can fail any more.
  struct Change {
    config::Log log;
    config::Limits limits;
    std::shared_ptr<LogOutput> access;  ///< opened already, where access goes elsewhere than now
  };
  [[nodiscard]] std::expected<Change, std::string> prepare(config::Config const& config) const;
  /// Lines of requests that ended before go where the log went before.
  void apply(Change change);
  void set(ReloadFigures const& reloads);

  /// Opens the access log's file anew (after log rotation), soon: the writer thread does it, once what came before is
  /// written. When that fails the old file stays, and the operational log says so. Any thread.
  void reopen();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace inferway::telemetry
