#include "metrics.hpp"

#include <algorithm>
#include <array>

namespace inferway::telemetry {

namespace {

/// Written even while they are 0, so that an alert on their increase sees the first one.
constexpr std::array kUsualCauses{ErrorCode::connect_failed, ErrorCode::connect_timeout,    ErrorCode::upstream_closed,
                                  ErrorCode::bad_response,   ErrorCode::first_byte_timeout, ErrorCode::idle_timeout,
                                  ErrorCode::total_timeout};

void write_connections(Exposition& out, BackendFigures const& figures) {
  out.gauge("inferway_upstream_connections", "Connections to a backend, in use (active) and kept for the next (idle).");
  for (std::size_t i = 0; i < figures.count(); ++i) {
    auto const idle = figures.sum_of(i, &BackendCounters::connections_idle);
    auto const open = figures.sum_of(i, &BackendCounters::connections_open);
    // Two reads of moving figures: for a moment there may seem to be more idle ones than there are.
    out.sample({{"backend", figures.name_of(i)}, {"state", "active"}}, open - std::min(open, idle));
    out.sample({{"backend", figures.name_of(i)}, {"state", "idle"}}, idle);
  }
  out.counter("inferway_upstream_connects_total", "Connections opened to a backend.");
  figures.write(&BackendCounters::connects);
  out.counter("inferway_upstream_reused_total", "Requests sent on a kept connection.");
  figures.write(&BackendCounters::reused);
  out.counter("inferway_upstream_replaced_total", "Kept connections found closed and replaced by a fresh one.");
  figures.write(&BackendCounters::replaced);
}

void write_errors(Exposition& out, BackendFigures const& figures) {
  out.counter("inferway_upstream_errors_total", "Attempts that failed, by cause.");
  for (std::size_t backend = 0; backend < figures.count(); ++backend) {
    for (std::size_t i = 0; i < kErrorCodeCount; ++i) {
      auto const cause = static_cast<ErrorCode>(i);
      auto const failed =
          figures.sum(backend, [i](BackendCounters const& of) -> Counter const& { return of.errors[i]; });
      if (failed == 0 && std::ranges::find(kUsualCauses, cause) == kUsualCauses.end()) continue;
      out.sample({{"backend", figures.name_of(backend)}, {"cause", name(cause)}}, failed);
    }
  }
}

void write_queues(Exposition& out, BackendFigures const& figures) {
  out.gauge("inferway_queue_length", "Requests that wait for an endpoint of a backend.");
  figures.write(&BackendCounters::queue_length);
  out.counter("inferway_queue_waits_total", "Requests that had to wait for an endpoint.");
  figures.write(&BackendCounters::queue_waits);
  out.counter("inferway_queue_wait_seconds_total", "How long they waited, all together.");
  for (std::size_t i = 0; i < figures.count(); ++i) {
    out.seconds({{"backend", figures.name_of(i)}}, figures.sum_of(i, &BackendCounters::queue_wait_ns));
  }
  out.counter("inferway_queue_full_total", "Requests turned away because too many waited.");
  figures.write(&BackendCounters::queue_full);
  out.counter("inferway_queue_timeouts_total", "Requests turned away because they had waited for queue.timeout.");
  figures.write(&BackendCounters::queue_timeouts);
  out.counter("inferway_retries_refused_total", "Further tries that the backend's retry budget did not allow.");
  figures.write(&BackendCounters::retries_refused);
}

}  // namespace

BackendFigures::BackendFigures(Exposition& out, Shards const& shards, Names const& names)
    : out_(out), names_(names.backends()), counters_(names_.size()) {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    for (auto const& shard : shards) {
      auto const* const counters = shard->find_backend(names_[i]);
      if (counters != nullptr) counters_[i].push_back(counters);
    }
  }
}

void write_upstream_metrics(Exposition& out, Shards const& shards, Names const& names) {
  BackendFigures const figures(out, shards, names);
  write_connections(out, figures);
  out.counter("inferway_upstream_attempts_total", "Tries to have a request answered by a backend.");
  figures.write(&BackendCounters::attempts);
  out.gauge("inferway_upstream_in_flight", "Attempts under way.");
  figures.write(&BackendCounters::inflight);
  out.counter("inferway_upstream_cancelled_total", "Attempts ended because the client had gone.");
  figures.write(&BackendCounters::cancelled);
  write_queues(out, figures);
  write_errors(out, figures);
}

}  // namespace inferway::telemetry
