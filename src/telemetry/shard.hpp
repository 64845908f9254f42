#pragma once

#include "histogram.hpp"
#include "inferway/telemetry/telemetry.hpp"
#include "published_list.hpp"
#include "record_ring.hpp"
#include "series.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace inferway::telemetry {

/// How many requests of a route were refused for their priority.
struct ShedCount {
  ShedCount(std::uint32_t of_route, std::int64_t of_priority) : route(of_route), priority(of_priority) {}
  std::uint32_t const route;  ///< kNoIndex: refused before the model told which
  std::int64_t const priority;
  Counter requests;
};

/// A worker's shard with what it counts at the end of a request.
class WorkerShard final : public Shard {
 public:
  /// `ring`: the worker's way into the access log, and whether the log takes anything now; nullptr: never.
  WorkerShard(RecordRing* ring, std::atomic<bool> const* logging) : ring_(ring), logging_(logging) {}

  void finish(Record const& record) override;
  void observe_loop_lag(std::chrono::nanoseconds late) override { loop_lag.observe(late); }
  [[nodiscard]] BackendCounters& backend(std::string_view name) override;
  /// nullptr: nothing was counted for it here. Any thread.
  [[nodiscard]] BackendCounters const* find_backend(std::string_view name) const;

  SeriesTable series;
  std::array<Counter, kErrorCodeCount> errors;  ///< answers of the gateway's own, and streams it ended, by code
  PublishedList<ShedCount> shed;
  Histogram loop_lag;
  Counter log_dropped;  ///< the ring was full

 private:
  void count_shed(Record const& record);

  RecordRing* ring_;
  std::atomic<bool> const* logging_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<BackendCounters>, std::less<>> backends_;  ///< only becomes more
};

}  // namespace inferway::telemetry
