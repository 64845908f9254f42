#include "shard.hpp"

namespace inferway::telemetry {

WorkerShard::WorkerShard(std::size_t backend_count, RecordRing* ring) : ring_(ring) {
  backends.reserve(backend_count);
  for (std::size_t i = 0; i < backend_count; ++i) backends.push_back(std::make_unique<BackendCounters>());
}

void WorkerShard::finish(Record const& record) {
  series.count(record);
  if (record.error_set) errors[static_cast<std::size_t>(record.error)].add();
  if (record.shed) count_shed(record);
  if (ring_ != nullptr && !ring_->push(record)) log_dropped.add();
}

/// There are as many as routes with a priority at most, and it is counted only under overload: a search will do.
void WorkerShard::count_shed(Record const& record) {
  auto* count = shed.find(
      [&](ShedCount const& known) { return known.route == record.route && known.priority == record.priority; });
  if (count == nullptr) count = &shed.emplace(record.route, record.priority);
  count->requests.add();
}

}  // namespace inferway::telemetry
