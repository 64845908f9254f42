#include "shard.hpp"

#include "names.hpp"

namespace inferway::telemetry {

void WorkerShard::finish(Record const& record) {
  series.count(record);
  if (record.error_set) errors[static_cast<std::size_t>(record.error)].add();
  if (record.shed) count_shed(record);
  bool const logged = logging_ != nullptr && logging_->load(std::memory_order_relaxed);
  if (logged && !ring_->push(record)) log_dropped.add();
}

BackendCounters& WorkerShard::backend(std::string_view name) {
  std::scoped_lock const lock(mutex_);
  auto found = backends_.find(name);
  if (found == backends_.end() && backends_.size() >= NameList::kMost) name = NameList::kOthers;
  if (found == backends_.end()) found = backends_.try_emplace(std::string(name)).first;
  if (found->second == nullptr) found->second = std::make_unique<BackendCounters>();
  return *found->second;
}

BackendCounters const* WorkerShard::find_backend(std::string_view name) const {
  std::scoped_lock const lock(mutex_);
  auto const found = backends_.find(name);
  return found == backends_.end() ? nullptr : found->second.get();
}

/// There are as many as routes with a priority at most, and it is counted only under overload: a search will do.
void WorkerShard::count_shed(Record const& record) {
  auto* count = shed.find(
      [&](ShedCount const& known) { return known.route == record.route && known.priority == record.priority; });
  if (count == nullptr) count = &shed.emplace(record.route, record.priority);
  count->requests.add();
}

}  // namespace inferway::telemetry
