#include "metrics.hpp"

#include <map>
#include <string>
#include <utility>

namespace inferway::telemetry {

namespace {

void write_shed(Exposition& out, Shards const& shards, Names const& names) {
  // By names, not by indices: two routes may bear one name.
  std::map<std::pair<std::string_view, std::int64_t>, std::uint64_t> totals;
  for (auto const& shard : shards) {
    shard->shed.for_each(
        [&](ShedCount const& count) { totals[{names.route(count.route), count.priority}] += count.requests.get(); });
  }
  out.counter("inferway_requests_shed_total",
              "Requests refused for their priority under overload; route is empty when the model was not known yet.");
  for (auto const& [key, count] : totals) {
    out.sample({{"route", key.first}, {"priority", std::to_string(key.second)}}, count);
  }
}

}  // namespace

void write_overload_metrics(Exposition& out, Shards const& shards, Names const& names) {
  write_shed(out, shards, names);
  out.histogram("inferway_loop_lag_seconds", "How late a worker's event loop was, looked at every 100 ms.");
  for (std::size_t i = 0; i < shards.size(); ++i) {
    HistogramTotals totals;
    totals.add(shards[i]->loop_lag);
    out.buckets({{"worker", std::to_string(i)}}, totals);
  }
  out.gauge("inferway_worker_loop_lag_seconds",
            "How late a worker's event loop is, smoothed over about half a second.");
  for (std::size_t i = 0; i < shards.size(); ++i) {
    out.seconds({{"worker", std::to_string(i)}}, shards[i]->loop_lag_ns.get());
  }
  out.counter("inferway_accept_pauses_total", "Times that accepting rested because no file descriptor was left.");
  out.sample(sum(shards, [](Shard const& shard) -> Counter const& { return shard.accept_pauses; }));
}

}  // namespace inferway::telemetry
