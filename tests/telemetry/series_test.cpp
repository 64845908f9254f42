#include "series.hpp"

#include <gtest/gtest.h>

#include <map>
#include <thread>
#include <tuple>

namespace inferway::telemetry {
namespace {

Record record_of(std::uint32_t route, std::uint32_t backend, std::int16_t status) {
  Record record;
  record.route = route;
  record.backend = backend;
  record.status = status;
  record.duration = std::chrono::milliseconds(3);
  return record;
}

using Counts = std::map<std::tuple<std::uint32_t, std::uint32_t, std::int16_t>, std::uint64_t>;

Counts counts_of(SeriesTable const& table) {
  Counts counts;
  table.for_each([&](Series const& series) {
    series.statuses.for_each([&](StatusCount const& count) {
      counts[{series.route, series.backend, count.status}] += count.requests.get();
    });
  });
  return counts;
}

TEST(SeriesTable, counts_by_route_backend_and_status) {
  SeriesTable table;
  table.count(record_of(0, 0, 200));
  table.count(record_of(0, 0, 200));
  table.count(record_of(0, 0, 502));
  table.count(record_of(0, 0, 200));
  table.count(record_of(0, 1, 200));
  table.count(record_of(1, 0, 200));
  table.count(record_of(kNoIndex, kNoIndex, 404));
  Counts const expected{
      {{0, 0, 200}, 3}, {{0, 0, 502}, 1}, {{0, 1, 200}, 1}, {{1, 0, 200}, 1}, {{kNoIndex, kNoIndex, 404}, 1}};
  EXPECT_EQ(counts_of(table), expected);
}

TEST(SeriesTable, has_one_series_for_a_route_and_backend) {
  SeriesTable table;
  for (std::int16_t status = 100; status < 600; ++status) table.count(record_of(7, 7, status));
  int series_count = 0;
  table.for_each([&](Series const& series) {
    ++series_count;
    EXPECT_EQ(series.duration.sum_ns(), 499U * 3'000'000U);  // a WebSocket's, 101, is left out
  });
  EXPECT_EQ(series_count, 1);
  EXPECT_EQ(counts_of(table).size(), 500U);
}

TEST(Series, adds_bytes_and_cuts) {
  Series series(0, 0);
  auto record = record_of(0, 0, 200);
  record.bytes_in = 10;
  record.bytes_out = 100;
  series.count(record);
  record.truncated = true;
  series.count(record);
  EXPECT_EQ(series.bytes_in.get(), 20U);
  EXPECT_EQ(series.bytes_out.get(), 200U);
  EXPECT_EQ(series.truncated.get(), 1U);
}

TEST(Series, takes_no_first_byte_from_a_request_that_got_none) {
  Series series(0, 0);
  auto record = record_of(0, 0, 499);
  series.count(record);
  record.first_byte = std::chrono::milliseconds(2);
  series.count(record);
  EXPECT_EQ(series.duration.sum_ns(), 6'000'000U);
  EXPECT_EQ(series.first_byte.sum_ns(), 2'000'000U);
}

TEST(SeriesTable, may_be_read_while_it_grows) {
  SeriesTable table;
  constexpr std::uint32_t kRoutes = 200;
  std::thread writer([&] {
    for (std::uint32_t route = 0; route < kRoutes; ++route) {
      for (std::int16_t status = 200; status < 210; ++status) table.count(record_of(route, 0, status));
    }
  });
  std::uint64_t seen = 0;
  while (seen < std::uint64_t{kRoutes} * 10) {
    std::uint64_t now = 0;
    for (auto const& [key, count] : counts_of(table)) now += count;
    ASSERT_GE(now, seen);
    seen = now;
  }
  writer.join();
  EXPECT_EQ(seen, kRoutes * 10);
}

}  // namespace
}  // namespace inferway::telemetry
