#pragma once

#include "inferway/balance/health.hpp"
#include "inferway/base/clock.hpp"
#include "inferway/config/config.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

/// The health of endpoints as all workers share it. What is decided stands in balance/health.hpp; here is who may read
/// and write what, the log and the figures.
namespace inferway::upstream {

struct Backend;
struct Endpoint;

/// Of one endpoint. The tally is written at each request's end, the rest only when something goes wrong.
struct EndpointStatus {
  std::atomic<balance::Tally> tally{balance::kNoTally};

  /// What choosing reads, and only while BackendStatus::troubled: balance::Schedule, as ticks.
  std::atomic<Duration::rep> closed_until{TimePoint::min().time_since_epoch().count()};
  std::atomic<Duration::rep> doubted_until{TimePoint::min().time_since_epoch().count()};
  std::atomic<Duration::rep> starts_at{TimePoint::min().time_since_epoch().count()};
  [[nodiscard]] balance::Schedule schedule() const;
  void publish(balance::Schedule const& schedule);

  // Of BackendStatus::mutex.
  balance::EndpointHealth health;
  balance::Standing said = balance::Standing::up;  ///< as the log has it
  std::chrono::system_clock::time_point since = std::chrono::system_clock::now();
  std::string reason;                         ///< why it is what it is
  TimePoint spared_until = TimePoint::min();  ///< until then it is not said again that it cannot be ejected

  std::atomic<std::uint64_t> ejections{0};
  std::atomic<std::uint64_t> cooldowns{0};
  std::atomic<std::uint64_t> checks_passed{0};
  std::atomic<std::uint64_t> checks_failed{0};
};

/// Of a backend as a whole.
struct alignas(64) BackendStatus {
  /// Not all endpoints are in order. Whoever reports trouble sets it; only settle() takes it back.
  std::atomic<bool> troubled{false};
  std::atomic<int> refused_with{0};      ///< the status that put an endpoint to rest last
  std::atomic<std::uint64_t> panics{0};  ///< requests given to an endpoint that is ejected or unhealthy
  std::mutex mutex;                      ///< taken when something goes wrong, never for a request that goes well
};

[[nodiscard]] balance::HealthRules health_rules(config::Backend const& backend);

// Reports. Any thread.

void report_success(Endpoint& endpoint, TimePoint now);
void report_failure(Backend& backend, std::size_t endpoint, config::RetryOn cause, TimePoint now);
/// An answer of a status in cooldown.on, with what its Retry-After says.
void report_refusal(Backend& backend, std::size_t endpoint, int status,
                    std::optional<std::chrono::milliseconds> retry_after, TimePoint now);
/// An active check; `why` says what came of it.
void report_check(Backend& backend, std::size_t endpoint, bool passed, std::string_view why, TimePoint now);
/// The backend's endpoints are not checked any more.
void report_unchecked(Backend& backend, std::size_t endpoint, TimePoint now);

/// False: it is so already.
bool set_admin_state(Backend& backend, std::size_t endpoint, balance::AdminState state, TimePoint now);

/// Says what changed by the mere passing of time, and notices when all is in order again. Of the configuration in
/// force, now and then, on one thread.
void settle(Backend& backend, TimePoint now);

}  // namespace inferway::upstream
