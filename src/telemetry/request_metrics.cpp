#include "metrics.hpp"

#include <map>
#include <utility>

namespace inferway::telemetry {

namespace {

/// All shards' figures of one route and backend.
struct SeriesTotals {
  std::map<std::int16_t, std::uint64_t> statuses;
  HistogramTotals duration;
  HistogramTotals first_byte;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t truncated = 0;

  void add(Series const& series) {
    series.statuses.for_each([this](StatusCount const& count) { statuses[count.status] += count.requests.get(); });
    duration.add(series.duration);
    first_byte.add(series.first_byte);
    bytes_in += series.bytes_in.get();
    bytes_out += series.bytes_out.get();
    truncated += series.truncated.get();
  }
};

/// By names, not by indices: two routes may bear one name, and a series written twice spoils the whole scrape.
using Totals = std::map<std::pair<std::string_view, std::string_view>, SeriesTotals>;

Totals totals_of(Shards const& shards, Names const& names) {
  Totals totals;
  for (auto const& shard : shards) {
    shard->series.for_each(
        [&](Series const& series) { totals[{names.route(series.route), names.backend(series.backend)}].add(series); });
  }
  return totals;
}

void write_counts(Exposition& out, Totals const& totals) {
  out.counter("inferway_requests_total", "Requests that ended, by route, backend and the status the client saw.");
  for (auto const& [key, series] : totals) {
    for (auto const& [status, count] : series.statuses) {
      out.sample({{"route", key.first}, {"backend", key.second}, {"status", std::to_string(status)}}, count);
    }
  }
  out.counter("inferway_request_bytes_total", "Bytes of request bodies.");
  for (auto const& [key, series] : totals) {
    out.sample({{"route", key.first}, {"backend", key.second}}, series.bytes_in);
  }
  out.counter("inferway_response_bytes_total", "Bytes of response bodies, as payload.");
  for (auto const& [key, series] : totals) {
    out.sample({{"route", key.first}, {"backend", key.second}}, series.bytes_out);
  }
  out.counter("inferway_responses_truncated_total", "Answers that were ended abnormally after their head was sent.");
  for (auto const& [key, series] : totals) {
    out.sample({{"route", key.first}, {"backend", key.second}}, series.truncated);
  }
}

void write_histograms(Exposition& out, Totals const& totals) {
  out.histogram("inferway_request_duration_seconds", "From the request head's last byte to the answer's last.");
  for (auto const& [key, series] : totals) {
    out.buckets({{"route", key.first}, {"backend", key.second}}, series.duration);
  }
  out.histogram("inferway_first_byte_seconds",
                "From the request head's last byte to the answer's first to the client.");
  for (auto const& [key, series] : totals) {
    out.buckets({{"route", key.first}, {"backend", key.second}}, series.first_byte);
  }
}

void write_errors(Exposition& out, Shards const& shards) {
  out.counter("inferway_errors_total", "Requests the gateway itself answered with an error, or cut, by code.");
  for (std::size_t i = 0; i < kErrorCodeCount; ++i) {
    auto const count = sum(shards, [i](WorkerShard const& shard) -> Counter const& { return shard.errors[i]; });
    if (count > 0) out.sample({{"code", name(static_cast<ErrorCode>(i))}}, count);
  }
}

}  // namespace

void write_request_metrics(Exposition& out, Shards const& shards, Names const& names) {
  auto const totals = totals_of(shards, names);
  write_counts(out, totals);
  write_histograms(out, totals);
  write_errors(out, shards);
  out.gauge("inferway_requests_in_flight", "Requests read and not yet ended.");
  out.sample(sum(shards, [](Shard const& shard) -> Counter const& { return shard.requests_inflight; }));
}

}  // namespace inferway::telemetry
