#include "inferway/telemetry/telemetry.hpp"

#include "access_log.hpp"
#include "inferway/telemetry/log.hpp"
#include "metrics.hpp"

#include <chrono>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace inferway::telemetry {

class Telemetry::State {
 public:
  State(config::Config const& config, std::size_t workers)
      : names(config), limits(config.limits), log(config.log), access_log(config.log, names, workers) {
    for (std::size_t i = 0; i < workers; ++i) {
      shards.push_back(std::make_unique<WorkerShard>(&access_log.ring(i), &access_log.wanted()));
    }
    reloads.accepted = started;
  }

  [[nodiscard]] std::uint64_t dropped() const {
    auto const overrun = sum(shards, [](WorkerShard const& shard) -> Counter const& { return shard.log_dropped; });
    return overrun + access_log.lost();
  }

  Names names;
  std::mutex mutex;  ///< of what reloads change and the scrape reads
  config::Limits limits;
  config::Log log;
  ReloadFigures reloads;
  std::chrono::system_clock::time_point const started = std::chrono::system_clock::now();
  Shards shards;
  WorkerShard unlisted{nullptr, nullptr};
  AccessLog access_log;
};

Telemetry::Telemetry(config::Config const& config, std::size_t workers)
    : state_(std::make_unique<State>(config, workers)) {}

Telemetry::~Telemetry() = default;

Shard& Telemetry::shard(std::size_t worker) { return *state_->shards[worker]; }

Shard& Telemetry::unlisted_shard() { return state_->unlisted; }

std::uint64_t Telemetry::access_log_dropped() const { return state_->dropped(); }

Numbering Telemetry::number(config::Config const& config) { return state_->names.number(config); }

std::expected<Telemetry::Change, std::string> Telemetry::prepare(config::Config const& config) const {
  Change change{.log = config.log, .limits = config.limits, .access = nullptr};
  std::scoped_lock const lock(state_->mutex);
  if (config.log.access == "off" || config.log.access == state_->log.access) return change;
  try {
    change.access = std::make_shared<LogOutput>(config.log.access);
  } catch (std::runtime_error const& error) {
    return std::unexpected(error.what());
  }
  return change;
}

void Telemetry::apply(Change change) {
  std::scoped_lock const lock(state_->mutex);
  state_->access_log.change(change.log, std::move(change.access));
  state_->limits = change.limits;
  state_->log = std::move(change.log);
}

void Telemetry::set(ReloadFigures const& reloads) {
  std::scoped_lock const lock(state_->mutex);
  state_->reloads = reloads;
}

std::string Telemetry::prometheus() const {
  auto const [limits, reloads] = [this] {
    std::scoped_lock const lock(state_->mutex);
    return std::pair(state_->limits, state_->reloads);
  }();
  Exposition out;
  write_request_metrics(out, state_->shards, state_->names);
  write_client_metrics(out, state_->shards, limits);
  write_overload_metrics(out, state_->shards, state_->names);
  write_upstream_metrics(out, state_->shards, state_->names);
  write_attempt_metrics(out, state_->shards, state_->names);
  write_tls_metrics(out, state_->shards, state_->names);
  out.counter("inferway_access_log_lines_total", "Lines written to the access log.");
  out.sample(state_->access_log.written());
  out.counter("inferway_access_log_dropped_total", "Lines lost: too many at once, or the log could not be written.");
  out.sample(state_->dropped());
  out.counter("inferway_log_dropped_total", "Lines of the operational log that stderr did not take.");
  out.sample(log_lines_lost());
  write_reload_metrics(out, reloads);
  write_process_metrics(out, state_->started);
  return out.take();
}

void Telemetry::reopen() { state_->access_log.reopen(); }

}  // namespace inferway::telemetry
