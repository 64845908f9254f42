// What the end of a request costs: its metrics, on the worker, and its line in the access log, on the log's thread.

#include "access_line.hpp"
#include "inferway/telemetry/record.hpp"
#include "series.hpp"
#include "shard.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <string>

namespace inferway::telemetry {
namespace {

using config::LogFormat;
using std::chrono::microseconds;

constexpr std::uint32_t kRoutes = 10;

Record chat(std::uint32_t route) {
  Record record;
  record.started = std::chrono::system_clock::time_point(std::chrono::hours(490'000));
  record.duration = microseconds(412'345);
  record.first_byte = microseconds(38'009);
  record.route = route;
  record.backend = route;
  record.status = 200;
  record.attempts = 1;
  record.bytes_in = 400;
  record.bytes_out = 620;
  record.method.assign("POST");
  record.path.assign("/v1/chat/completions");
  record.model.assign("llama-3.1-70b-instruct");
  record.request_id.assign("0123456789abcdef0123456789abcdef");
  record.client.assign("192.0.2.7");
  return record;
}

std::array<Record, kRoutes> chats() {
  std::array<Record, kRoutes> records;
  for (std::uint32_t i = 0; i < kRoutes; ++i) records[i] = chat(i);
  return records;
}

void count_in_series(benchmark::State& state) {
  auto const records = chats();
  SeriesTable table;
  for (std::size_t turn = 0; auto _ : state) {
    table.count(records[turn]);
    turn = (turn + 1) % kRoutes;
  }
}

/// All that a worker counts, without the log.
void finish_record(benchmark::State& state) {
  auto const records = chats();
  WorkerShard shard(nullptr, nullptr);
  for (std::size_t turn = 0; auto _ : state) {
    shard.finish(records[turn]);
    turn = (turn + 1) % kRoutes;
  }
}

/// The copy that goes to the log's thread.
void hand_to_log(benchmark::State& state) {
  auto const records = chats();
  RecordRing ring;
  for (std::size_t turn = 0; auto _ : state) {
    if (!ring.push(records[turn])) return state.SkipWithError("the ring is full");
    benchmark::DoNotOptimize(ring.front());
    ring.pop();
    turn = (turn + 1) % kRoutes;
  }
}

void write_access_line(benchmark::State& state, LogFormat format) {
  config::Config config;
  for (std::uint32_t i = 0; i < kRoutes; ++i) {
    config.routes.emplace_back().name = "chat-" + std::to_string(i);
    config.backends.emplace_back().name = "llama-" + std::to_string(i);
  }
  Names const names(config);
  auto const records = chats();
  std::string line;
  for (std::size_t turn = 0; auto _ : state) {
    line.clear();
    append_access_line(line, records[turn], names.of(records[turn]), format);
    benchmark::DoNotOptimize(line.data());
    turn = (turn + 1) % kRoutes;
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(line.size()) * state.iterations());
}

BENCHMARK(count_in_series);
BENCHMARK(finish_record);
BENCHMARK(hand_to_log);
BENCHMARK_CAPTURE(write_access_line, json, LogFormat::json);
BENCHMARK_CAPTURE(write_access_line, text, LogFormat::text);

}  // namespace
}  // namespace inferway::telemetry
