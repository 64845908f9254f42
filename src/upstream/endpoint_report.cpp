#include "inferway/upstream/endpoint_report.hpp"

#include "inferway/base/text.hpp"
#include "standing.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace inferway::upstream {

namespace {

using Json = nlohmann::ordered_json;
using SystemTime = std::chrono::system_clock::time_point;

/// "2026-11-24T08:44:41.000Z"
std::string in_utc(SystemTime time) {
  auto const day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day const date(day);
  std::chrono::hh_mm_ss const clock(std::chrono::floor<Milliseconds>(time - day));
  auto const padded = [](auto number, std::size_t digits) {
    auto const text = std::to_string(number);
    return std::string(digits - std::min(digits, text.size()), '0') + text;
  };
  return padded(static_cast<int>(date.year()), 4) + "-" + padded(static_cast<unsigned>(date.month()), 2) + "-" +
         padded(static_cast<unsigned>(date.day()), 2) + "T" + padded(clock.hours().count(), 2) + ":" +
         padded(clock.minutes().count(), 2) + ":" + padded(clock.seconds().count(), 2) + "." +
         padded(clock.subseconds().count(), 3) + "Z";
}

/// Under the backend's lock.
EndpointReport report(Endpoint const& endpoint, config::Endpoint const& configured, Moment const& now) {
  auto const& status = endpoint.status;
  auto const standing = status.health.standing(now.steady);
  auto const until = status.health.until(now.steady);
  EndpointReport out;
  out.url = configured.url;
  out.weight = configured.weight;
  out.share = standing == balance::Standing::starting ? share_of(status.health.schedule(), now.steady) : 100;
  out.standing = standing;
  out.admin = status.health.admin();
  out.unhealthy = status.health.is_unhealthy();
  // What time alone changed is said a moment later.
  out.reason = standing == status.said ? status.reason : "it was " + std::string(in_words(status.said));
  out.since = status.since;
  if (until != TimePoint::max()) {
    out.until = now.system + std::chrono::duration_cast<SystemTime::duration>(until - now.steady);
  }
  out.inflight = endpoint.inflight.load(std::memory_order_relaxed);
  out.limit = endpoint.limit.load(std::memory_order_relaxed);
  out.tally = balance::counts(status.tally.load(std::memory_order_relaxed), now.steady);
  out.ejections = status.ejections.load(std::memory_order_relaxed);
  out.cooldowns = status.cooldowns.load(std::memory_order_relaxed);
  out.checks_passed = status.checks_passed.load(std::memory_order_relaxed);
  out.checks_failed = status.checks_failed.load(std::memory_order_relaxed);
  return out;
}

Json endpoint_json(EndpointReport const& endpoint) {
  return {{"url", endpoint.url},
          {"weight", endpoint.weight},
          {"share_percent", endpoint.share},
          {"state", name(endpoint.standing)},
          {"reason", endpoint.reason.empty() ? Json() : Json(endpoint.reason)},
          {"since", in_utc(endpoint.since)},
          {"until", endpoint.until ? Json(in_utc(*endpoint.until)) : Json()},
          {"admin", name(endpoint.admin)},
          {"unhealthy", endpoint.unhealthy},
          {"in_flight", endpoint.inflight},
          {"max_in_flight", endpoint.limit == 0 ? Json() : Json(endpoint.limit)},
          {"consecutive_failures", endpoint.tally.failures_in_row},
          {"recent_requests", endpoint.tally.requests},
          {"recent_failures", endpoint.tally.failed},
          {"ejections", endpoint.ejections},
          {"cooldowns", endpoint.cooldowns},
          {"checks_passed", endpoint.checks_passed},
          {"checks_failed", endpoint.checks_failed}};
}

Json backend_json(BackendReport const& backend) {
  auto endpoints = Json::array();
  for (auto const& endpoint : backend.endpoints) endpoints.push_back(endpoint_json(endpoint));
  return {{"name", backend.name},
          {"api", backend.api},
          {"balance", backend.balance},
          {"checked", backend.checked},
          {"panics", backend.panics},
          {"waiting", backend.waiting},
          {"endpoints", std::move(endpoints)}};
}

std::string text(Json const& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

std::optional<std::size_t> find_endpoint(Backend const& backend, std::string_view endpoint) {
  auto const& all = backend.config.endpoints;
  if (auto const index = parse_decimal(endpoint); index && *index < all.size()) return index;
  auto const found = std::ranges::find(all, endpoint, &config::Endpoint::url);
  if (found == all.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all.begin());
}

}  // namespace

BackendReport report(Backend const& backend, Moment const& now) {
  BackendReport out{.name = backend.config.name,
                    .api = config::name(backend.config.api),
                    .balance = config::name(backend.config.balance),
                    .checked = backend.config.health.path.has_value(),
                    .panics = backend.state->health.panics.load(std::memory_order_relaxed),
                    .waiting = backend.state->queue.length(),
                    .endpoints = {}};
  std::lock_guard const lock(backend.state->health.mutex);
  for (std::size_t i = 0; i < backend.endpoints.size(); ++i) {
    out.endpoints.push_back(report(*backend.endpoints[i], backend.config.endpoints[i], now));
  }
  return out;
}

std::vector<BackendReport> report(Directory const& directory, Moment const& now) {
  std::vector<BackendReport> out;
  out.reserve(directory.size());
  for (std::size_t i = 0; i < directory.size(); ++i) out.push_back(report(directory[i], now));
  return out;
}

std::string to_json(std::vector<BackendReport> const& backends) {
  auto all = Json::array();
  for (auto const& backend : backends) all.push_back(backend_json(backend));
  return text({{"backends", std::move(all)}});
}

std::string to_json(BackendReport const& backend) { return text(backend_json(backend)); }

telemetry::EndpointMetrics to_metrics(std::vector<BackendReport> const& backends) {
  telemetry::EndpointMetrics out;
  for (std::size_t i = 0; i < balance::kStandingCount; ++i)
    out.states.push_back(name(static_cast<balance::Standing>(i)));
  for (auto const& backend : backends) {
    out.backends.push_back({.backend = backend.name, .panics = backend.panics});
    for (auto const& endpoint : backend.endpoints) {
      out.endpoints.push_back({.backend = backend.name,
                               .endpoint = endpoint.url,
                               .state = name(endpoint.standing),
                               .inflight = endpoint.inflight,
                               .limit = endpoint.limit,
                               .ejections = endpoint.ejections,
                               .cooldowns = endpoint.cooldowns,
                               .checks_passed = endpoint.checks_passed,
                               .checks_failed = endpoint.checks_failed});
    }
  }
  return out;
}

AdminOutcome set_admin_state(Directory& directory, std::string_view backend, std::string_view endpoint,
                             balance::AdminState state, TimePoint now) {
  for (std::size_t i = 0; i < directory.size(); ++i) {
    if (directory[i].config.name != backend) continue;
    auto const index = find_endpoint(directory[i], endpoint);
    if (!index) return AdminOutcome::no_such_endpoint;
    return set_admin_state(directory[i], *index, state, now) ? AdminOutcome::done : AdminOutcome::unchanged;
  }
  return AdminOutcome::no_such_backend;
}

}  // namespace inferway::upstream
