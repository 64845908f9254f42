#include "inferway/telemetry/endpoint_metrics.hpp"

#include "exposition.hpp"

namespace inferway::telemetry {

std::string endpoint_metrics(EndpointMetrics const& metrics) {
  Exposition out;
  auto const write = [&](std::uint64_t EndpointFigures::* member) {
    for (auto const& at : metrics.endpoints) {
      out.sample({{"backend", at.backend}, {"endpoint", at.endpoint}}, at.*member);
    }
  };
  out.gauge("inferway_endpoint_state", "Whether an endpoint is in a state: 1 for one of them.");
  for (auto const& at : metrics.endpoints) {
    for (auto const state : metrics.states) {
      out.sample({{"backend", at.backend}, {"endpoint", at.endpoint}, {"state", state}}, at.state == state ? 1 : 0);
    }
  }
  out.gauge("inferway_endpoint_in_flight", "Requests that have a place at an endpoint.");
  write(&EndpointFigures::inflight);
  out.gauge("inferway_endpoint_max_in_flight",
            "How many of them there may be at once: set, or found (auto). 0: no bound.");
  write(&EndpointFigures::limit);
  out.counter("inferway_endpoint_ejections_total", "How often an endpoint was ejected for its failures.");
  write(&EndpointFigures::ejections);
  out.counter("inferway_endpoint_cooldowns_total", "How often an endpoint asked to be left alone (429, 529).");
  write(&EndpointFigures::cooldowns);
  out.counter("inferway_endpoint_checks_total", "Active checks of an endpoint, by result.");
  for (auto const& at : metrics.endpoints) {
    out.sample({{"backend", at.backend}, {"endpoint", at.endpoint}, {"result", "passed"}}, at.checks_passed);
    out.sample({{"backend", at.backend}, {"endpoint", at.endpoint}, {"result", "failed"}}, at.checks_failed);
  }
  out.counter("inferway_backend_panics_total",
              "Requests given to an ejected or unhealthy endpoint, because there was no other.");
  for (auto const& at : metrics.backends) out.sample({{"backend", at.backend}}, at.panics);
  return out.take();
}

}  // namespace inferway::telemetry
