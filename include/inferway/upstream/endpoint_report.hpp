#pragma once

#include "inferway/balance/health.hpp"
#include "inferway/telemetry/endpoint_metrics.hpp"
#include "inferway/upstream/upstream.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace inferway::upstream {

/// What an operator is told of one endpoint.
struct EndpointReport {
  std::string url;
  std::uint32_t weight = 1;
  std::uint32_t share = 100;  ///< of the weight, in percent, while it starts slowly
  balance::Standing standing = balance::Standing::up;
  balance::AdminState admin = balance::AdminState::enabled;
  bool unhealthy = false;  ///< by active checks, whatever else it is
  std::string reason;      ///< of the standing; empty: it was never anything else
  std::chrono::system_clock::time_point since;
  std::optional<std::chrono::system_clock::time_point> until;  ///< when the standing changes by itself
  std::uint32_t inflight = 0;
  std::uint32_t limit = 0;     ///< of inflight; 0: none
  balance::TallyCounts tally;  ///< of requests, of late
  std::uint64_t ejections = 0;
  std::uint64_t cooldowns = 0;
  std::uint64_t checks_passed = 0;
  std::uint64_t checks_failed = 0;
};

struct BackendReport {
  std::string name;
  std::string_view api;
  std::string_view balance;
  bool checked = false;  ///< there are active checks
  std::uint64_t panics = 0;
  std::size_t waiting = 0;  ///< requests in its queue
  std::vector<EndpointReport> endpoints;
};

/// Two times that stand for the same moment.
struct Moment {
  TimePoint steady = Clock::now();
  std::chrono::system_clock::time_point system = std::chrono::system_clock::now();
};

// Any thread.

[[nodiscard]] BackendReport report(Backend const& backend, Moment const& now);
[[nodiscard]] std::vector<BackendReport> report(Directory const& directory, Moment const& now);

/// One JSON object {"backends": [...]}, for GET /api/backends; of one backend, its object.
[[nodiscard]] std::string to_json(std::vector<BackendReport> const& backends);
[[nodiscard]] std::string to_json(BackendReport const& backend);

[[nodiscard]] telemetry::EndpointMetrics to_metrics(std::vector<BackendReport> const& backends);

enum class AdminOutcome : std::uint8_t {
  done,
  unchanged,  ///< it is so already
  no_such_backend,
  no_such_endpoint,
};
/// `endpoint`: its place in the backend's list, from 0, or its URL.
AdminOutcome set_admin_state(Directory& directory, std::string_view backend, std::string_view endpoint,
                             balance::AdminState state, TimePoint now);

}  // namespace inferway::upstream
