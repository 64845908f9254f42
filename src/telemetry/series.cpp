#include "series.hpp"

namespace inferway::telemetry {

void Series::count(Record const& record) {
  status_count(record.status).requests.add();
  // A WebSocket lasts as long as its user likes: among requests it would only hide how long these take.
  if (record.status != 101) duration.observe(record.duration);
  if (record.first_byte.count() >= 0) first_byte.observe(record.first_byte);
  bytes_in.add(record.bytes_in);
  bytes_out.add(record.bytes_out);
  if (record.truncated) truncated.add();
}

StatusCount& Series::status_count(std::int16_t status) {
  if (latest_ == nullptr || latest_->status != status) {
    latest_ = statuses.find([status](StatusCount const& count) { return count.status == status; });
    if (latest_ == nullptr) latest_ = &statuses.emplace(status);
  }
  return *latest_;
}

void SeriesTable::count(Record const& record) {
  std::uint64_t const key = (std::uint64_t{record.route} << 32U) | record.backend;
  auto& series = index_[key];
  if (series == nullptr) series = &series_.emplace(record.route, record.backend);
  series->count(record);
}

}  // namespace inferway::telemetry
