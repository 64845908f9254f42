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
void write_process_metrics(Exposition& out, std::chrono::system_clock::time_point started);

/// One figure added up over all shards.
template <typename Figure>
[[nodiscard]] std::uint64_t sum(Shards const& shards, Figure figure) {
  std::uint64_t total = 0;
  for (auto const& shard : shards) total += figure(*shard).get();
  return total;
}

}  // namespace inferway::telemetry
