#pragma once

#include "histogram.hpp"
#include "inferway/telemetry/telemetry.hpp"
#include "published_list.hpp"
#include "record_ring.hpp"
#include "series.hpp"

#include <array>
#include <chrono>
#include <cstdint>

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
  /// `ring`: the worker's way into the access log; nullptr when it is off.
  WorkerShard(std::size_t backend_count, RecordRing* ring);

  void finish(Record const& record) override;
  void observe_loop_lag(std::chrono::nanoseconds late) override { loop_lag.observe(late); }

  SeriesTable series;
  std::array<Counter, kErrorCodeCount> errors;  ///< answers of the gateway's own, and streams it ended, by code
  PublishedList<ShedCount> shed;
  Histogram loop_lag;
  Counter log_dropped;  ///< the ring was full

 private:
  void count_shed(Record const& record);

  RecordRing* ring_;
};

}  // namespace inferway::telemetry
