#pragma once

#include "histogram.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace inferway::telemetry {

/// Writes the Prometheus text format, version 0.0.4. A family is begun, then its samples follow.
class Exposition {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  void counter(std::string_view name, std::string_view help) { begin(name, "counter", help); }
  void gauge(std::string_view name, std::string_view help) { begin(name, "gauge", help); }
  void histogram(std::string_view name, std::string_view help) { begin(name, "histogram", help); }

  void sample(Labels labels, std::uint64_t value);
  void sample(std::uint64_t value) { sample({}, value); }
  /// A value that is no whole number.
  void seconds(Labels labels, std::uint64_t nanoseconds);
  void seconds(std::uint64_t nanoseconds) { seconds({}, nanoseconds); }
  /// The buckets, the sum and the count of one series. Bounds and sum in seconds.
  void buckets(Labels labels, HistogramTotals const& totals);

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void begin(std::string_view name, std::string_view type, std::string_view help);
  void append_series(std::string_view suffix, Labels labels, std::string_view bound);
  void append_label(std::string_view name, std::string_view value, bool& first);
  void append_number(std::uint64_t value);
  void append_seconds(std::uint64_t nanoseconds);

  std::string text_;
  std::string name_;
};

}  // namespace inferway::telemetry
