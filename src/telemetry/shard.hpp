#pragma once

#include "inferway/telemetry/telemetry.hpp"
#include "record_ring.hpp"
#include "series.hpp"

#include <array>

namespace inferway::telemetry {

/// A worker's shard with what it counts at the end of a request.
class WorkerShard final : public Shard {
 public:
  /// `ring`: the worker's way into the access log; nullptr when it is off.
  WorkerShard(std::size_t backend_count, RecordRing* ring);

  void finish(Record const& record) override;

  SeriesTable series;
  std::array<Counter, kErrorCodeCount> errors;  ///< answers of the gateway's own, and streams it ended, by code
  Counter log_dropped;                          ///< the ring was full

 private:
  RecordRing* ring_;
};

}  // namespace inferway::telemetry
