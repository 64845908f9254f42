#pragma once

#include "exposition.hpp"
#include "inferway/config/config.hpp"
#include "names.hpp"
#include "shard.hpp"

#include <chrono>
#include <memory>
#include <vector>

/// The families of /metrics, each written from all shards added up. They are read while the workers go on counting:
/// each number is right by itself, sums of several may be a request apart.
namespace inferway::telemetry {

using Shards = std::vector<std::unique_ptr<WorkerShard>>;

void write_request_metrics(Exposition& out, Shards const& shards, Names const& names);
void write_client_metrics(Exposition& out, Shards const& shards, config::Limits const& limits);
void write_overload_metrics(Exposition& out, Shards const& shards, Names const& names);
void write_upstream_metrics(Exposition& out, Shards const& shards, Names const& names);
void write_attempt_metrics(Exposition& out, Shards const& shards, Names const& names);
void write_tls_metrics(Exposition& out, Shards const& shards, Names const& names);
void write_reload_metrics(Exposition& out, ReloadFigures const& reloads);
void write_process_metrics(Exposition& out, std::chrono::system_clock::time_point started);

/// One figure added up over all shards.
template <typename Figure>
[[nodiscard]] std::uint64_t sum(Shards const& shards, Figure figure) {
  std::uint64_t total = 0;
  for (auto const& shard : shards) total += figure(*shard).get();
  return total;
}

/// What all shards count about each backend that was ever configured, found once a scrape.
class BackendFigures {
 public:
  BackendFigures(Exposition& out, Shards const& shards, Names const& names);

  [[nodiscard]] std::size_t count() const { return names_.size(); }
  [[nodiscard]] std::string_view name_of(std::size_t backend) const { return names_[backend]; }
  template <typename Figure>
  [[nodiscard]] std::uint64_t sum(std::size_t backend, Figure figure) const {
    std::uint64_t total = 0;
    for (auto const* counters : counters_[backend]) total += figure(*counters).get();
    return total;
  }
  [[nodiscard]] std::uint64_t sum_of(std::size_t backend, Counter BackendCounters::* member) const {
    return sum(backend, [member](BackendCounters const& counters) -> Counter const& { return counters.*member; });
  }
  /// A sample a backend.
  void write(Counter BackendCounters::* member) const {
    for (std::size_t i = 0; i < count(); ++i) out_.sample({{"backend", name_of(i)}}, sum_of(i, member));
  }

 private:
  Exposition& out_;
  std::vector<std::string_view> names_;
  std::vector<std::vector<BackendCounters const*>> counters_;  ///< by backend
};

}  // namespace inferway::telemetry
