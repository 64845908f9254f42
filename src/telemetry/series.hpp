#pragma once

#include "histogram.hpp"
#include "inferway/telemetry/record.hpp"
#include "inferway/telemetry/telemetry.hpp"
#include "published_list.hpp"

#include <cstdint>
#include <unordered_map>

namespace inferway::telemetry {

/// How many answers of one status.
struct StatusCount {
  explicit StatusCount(std::int16_t of) : status(of) {}
  std::int16_t const status;
  Counter requests;
};

/// What is counted about the requests of one route that one backend answered. One worker writes, the scrape reads.
class Series {
 public:
  Series(std::uint32_t route_index, std::uint32_t backend_index) : route(route_index), backend(backend_index) {}
  void count(Record const& record);

  std::uint32_t const route;
  std::uint32_t const backend;
  Histogram duration;
  Histogram first_byte;
  Counter bytes_in;
  Counter bytes_out;
  Counter truncated;
  PublishedList<StatusCount> statuses;

 private:
  StatusCount& status_count(std::int16_t status);
  StatusCount* latest_ = nullptr;  ///< mostly the next one, too: most answers are 200
};

/// The series of one worker, made when the first request of a pair ends. The map is the worker's alone; the scrape
/// walks the list.
class SeriesTable {
 public:
  void count(Record const& record);

  template <typename Visit>
  void for_each(Visit visit) const {
    series_.for_each(visit);
  }

 private:
  PublishedList<Series> series_;
  std::unordered_map<std::uint64_t, Series*> index_;  ///< by route and backend
};

}  // namespace inferway::telemetry
