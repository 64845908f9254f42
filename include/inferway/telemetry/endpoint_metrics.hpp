#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace inferway::telemetry {

/// What is known of one endpoint when /metrics is asked for.
struct EndpointFigures {
  std::string backend;
  std::string endpoint;    ///< its URL
  std::string_view state;  ///< one of EndpointMetrics::states
  std::uint64_t inflight = 0;
  std::uint64_t limit = 0;  ///< of inflight; 0: none
  std::uint64_t ejections = 0;
  std::uint64_t cooldowns = 0;
  std::uint64_t checks_passed = 0;
  std::uint64_t checks_failed = 0;
};

struct PanicFigures {
  std::string backend;
  std::uint64_t panics = 0;
};

struct EndpointMetrics {
  std::vector<std::string_view> states;  ///< all there are
  std::vector<EndpointFigures> endpoints;
  std::vector<PanicFigures> backends;
};

/// In the Prometheus text format: what follows Telemetry::prometheus(). Each endpoint has a sample for each state: 1
/// for the one it is in, 0 for the others, so that an alert on one of them sees its beginning.
[[nodiscard]] std::string endpoint_metrics(EndpointMetrics const& metrics);

}  // namespace inferway::telemetry
