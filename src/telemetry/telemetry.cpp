#include "inferway/telemetry/telemetry.hpp"

#include "access_log.hpp"
#include "inferway/telemetry/log.hpp"
#include "metrics.hpp"

#include <chrono>
#include <optional>

namespace inferway::telemetry {

class Telemetry::State {
 public:
  State(config::Config const& config, std::size_t workers) : names(config), limits(config.limits) {
    if (config.log.access != "off") access_log.emplace(config.log, names, workers);
    for (std::size_t i = 0; i < workers; ++i) {
      auto* const ring = access_log ? &access_log->ring(i) : nullptr;
      shards.push_back(std::make_unique<WorkerShard>(config.backends.size(), ring));
    }
  }

  [[nodiscard]] std::uint64_t dropped() const {
    auto const overrun = sum(shards, [](WorkerShard const& shard) -> Counter const& { return shard.log_dropped; });
    return overrun + (access_log ? access_log->lost() : 0);
  }

  Names const names;
  config::Limits const limits;
  std::chrono::system_clock::time_point const started = std::chrono::system_clock::now();
  Shards shards;
  WorkerShard unlisted{0, nullptr};
  std::optional<AccessLog> access_log;  ///< nothing: it is off
};

Telemetry::Telemetry(config::Config const& config, std::size_t workers)
    : state_(std::make_unique<State>(config, workers)) {}

Telemetry::~Telemetry() = default;

Shard& Telemetry::shard(std::size_t worker) { return *state_->shards[worker]; }

Shard& Telemetry::unlisted_shard() { return state_->unlisted; }

std::uint64_t Telemetry::access_log_dropped() const { return state_->dropped(); }

std::string Telemetry::prometheus() const {
  Exposition out;
  write_request_metrics(out, state_->shards, state_->names);
  write_client_metrics(out, state_->shards, state_->limits);
  write_overload_metrics(out, state_->shards, state_->names);
  write_upstream_metrics(out, state_->shards, state_->names);
  write_attempt_metrics(out, state_->shards, state_->names);
  write_tls_metrics(out, state_->shards, state_->names);
  out.counter("inferway_access_log_lines_total", "Lines written to the access log.");
  out.sample(state_->access_log ? state_->access_log->written() : 0);
  out.counter("inferway_access_log_dropped_total", "Lines lost: too many at once, or the log could not be written.");
  out.sample(state_->dropped());
  out.counter("inferway_log_dropped_total", "Lines of the operational log that stderr did not take.");
  out.sample(log_lines_lost());
  write_process_metrics(out, state_->started);
  return out.take();
}

void Telemetry::reopen() {
  if (state_->access_log) state_->access_log->reopen();
}

}  // namespace inferway::telemetry
