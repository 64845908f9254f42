#include "shard.hpp"

namespace inferway::telemetry {

WorkerShard::WorkerShard(std::size_t backend_count, RecordRing* ring) : ring_(ring) {
  backends.reserve(backend_count);
  for (std::size_t i = 0; i < backend_count; ++i) backends.push_back(std::make_unique<BackendCounters>());
}

void WorkerShard::finish(Record const& record) {
  series.count(record);
  if (record.error_set) errors[static_cast<std::size_t>(record.error)].add();
  if (ring_ != nullptr && !ring_->push(record)) log_dropped.add();
}

}  // namespace inferway::telemetry
