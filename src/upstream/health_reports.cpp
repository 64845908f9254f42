// What happened to an endpoint, and what it means.

#include "inferway/telemetry/log.hpp"
#include "inferway/upstream/health.hpp"
#include "inferway/upstream/upstream.hpp"
#include "standing.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace inferway::upstream {

namespace {

using balance::Standing;

TimePoint time_point(std::atomic<Duration::rep> const& ticks) {
  return TimePoint(Duration(ticks.load(std::memory_order_relaxed)));
}

balance::Tally count(Endpoint& endpoint, balance::Ended how, TimePoint now) {
  auto& tally = endpoint.status.tally;
  auto before = tally.load(std::memory_order_relaxed);
  auto after = balance::counted(before, how, now);
  while (!tally.compare_exchange_weak(before, after, std::memory_order_relaxed)) {
    after = balance::counted(before, how, now);
  }
  return after;
}

/// A change of one endpoint's health: under the backend's lock, which is let go of before the change is logged, for a
/// log may be slow.
class Change {
 public:
  Change(Backend& backend, std::size_t endpoint, TimePoint now)
      : backend_(backend), endpoint_(*backend.endpoints[endpoint]), now_(now), lock_(backend.state->health.mutex) {}
  Change(Change const&) = delete;
  Change& operator=(Change const&) = delete;

  [[nodiscard]] EndpointStatus& status() { return endpoint_.status; }

  void say(config::LogLevel level, std::string what) { lines_.emplace_back(level, std::move(what)); }

  /// Publishes what it has become. `reason`: why, if it has become something else.
  void settle(std::string_view reason) {
    auto& mine = status();
    mine.publish(mine.health.schedule());
    if (!balance::is_plain(mine.schedule(), now_)) {
      backend_.state->health.troubled.store(true, std::memory_order_relaxed);
    }
    auto const standing = mine.health.standing(now_);
    if (standing == mine.said) return;
    mine.said = standing;
    mine.since = std::chrono::system_clock::now();
    mine.reason = reason;
    bool const bad = standing == Standing::ejected || standing == Standing::unhealthy || standing == Standing::resting;
    say(bad ? config::LogLevel::warn : config::LogLevel::info,
        "is " + std::string(in_words(standing)) + lasting() + (reason.empty() ? "" : ": " + std::string(reason)));
  }

  ~Change() {
    lock_.unlock();
    for (auto const& [level, what] : lines_) {
      telemetry::log(level, "backend '" + backend_.config.name + "': endpoint " + endpoint_.config.url + " " + what);
    }
  }

 private:
  [[nodiscard]] std::string lasting() {
    auto const until = status().health.until(now_);
    if (until == TimePoint::max()) return "";
    return " for " + config::print_duration(std::chrono::ceil<Milliseconds>(until - now_));
  }

  Backend& backend_;
  Endpoint& endpoint_;
  TimePoint now_;
  std::unique_lock<std::mutex> lock_;
  std::vector<std::pair<config::LogLevel, std::string>> lines_;
};

/// Under the lock.
std::size_t ejected(Backend const& backend, TimePoint now) {
  auto const is_ejected = [&](auto const& endpoint) { return endpoint->status.health.is_ejected(now); };
  return static_cast<std::size_t>(std::ranges::count_if(backend.endpoints, is_ejected));
}

std::string describe(balance::EndpointHealth::Verdict verdict, balance::TallyCounts const& counts,
                     config::RetryOn cause) {
  auto const last = ", the last one: " + std::string(config::name(cause));
  if (verdict == balance::EndpointHealth::Verdict::row) {
    return std::to_string(counts.failures_in_row) + " failures in a row" + last;
  }
  return std::to_string(counts.failed) + " of the last " + std::to_string(counts.requests) + " requests failed" + last;
}

}  // namespace

balance::Schedule EndpointStatus::schedule() const {
  return {.closed_until = time_point(closed_until),
          .doubted_until = time_point(doubted_until),
          .starts_at = time_point(starts_at)};
}

void EndpointStatus::publish(balance::Schedule const& schedule) {
  closed_until.store(schedule.closed_until.time_since_epoch().count(), std::memory_order_relaxed);
  doubted_until.store(schedule.doubted_until.time_since_epoch().count(), std::memory_order_relaxed);
  starts_at.store(schedule.starts_at.time_since_epoch().count(), std::memory_order_relaxed);
}

balance::HealthRules health_rules(config::Backend const& backend) {
  return {.consecutive_failures = backend.outlier.consecutive_failures,
          .eject = backend.outlier.eject,
          .max_ejected_percent = backend.outlier.max_ejected_percent,
          .unhealthy_after = backend.health.unhealthy_after,
          .healthy_after = backend.health.healthy_after};
}

void report_success(Endpoint& endpoint, TimePoint now) { count(endpoint, balance::Ended::well, now); }

void report_failure(Backend& backend, std::size_t endpoint, config::RetryOn cause, TimePoint now) {
  Change change(backend, endpoint, now);
  auto& status = change.status();
  if (status.health.is_ejected(now)) return;  // in panic, or begun before: it says nothing new
  auto const rules = health_rules(backend.config);
  auto const tally = count(*backend.endpoints[endpoint], balance::Ended::badly, now);
  auto const verdict = status.health.judge(tally, rules, now);
  if (verdict == balance::EndpointHealth::Verdict::none) return;
  auto const why = describe(verdict, balance::counts(tally, now), cause);
  if (ejected(backend, now) >= balance::most_ejected(backend.endpoints.size(), rules.max_ejected_percent)) {
    if (std::exchange(status.spared_until, std::max(status.spared_until, now + rules.eject)) > now) return;
    change.say(config::LogLevel::warn, "would be ejected, but outlier.max_ejected_percent allows no more: " + why);
    return;
  }
  status.health.eject(rules, now);
  status.tally.store(balance::kNoTally, std::memory_order_relaxed);
  status.ejections.fetch_add(1, std::memory_order_relaxed);
  change.settle(why);
}

void report_refusal(Backend& backend, std::size_t endpoint, int status,
                    std::optional<std::chrono::milliseconds> retry_after, TimePoint now) {
  Duration const rest = retry_after ? std::min<Duration>(*retry_after, balance::kMostRest)
                                    : Duration(backend.config.cooldown.default_duration);
  Change change(backend, endpoint, now);
  backend.state->health.refused_with.store(status, std::memory_order_relaxed);
  if (!change.status().health.cool_down(now + rest, now)) return;
  change.status().cooldowns.fetch_add(1, std::memory_order_relaxed);
  change.settle("it answered " + std::to_string(status) + (retry_after ? " with Retry-After" : ""));
}

void report_check(Backend& backend, std::size_t endpoint, bool passed, std::string_view why, TimePoint now) {
  Change change(backend, endpoint, now);
  auto& status = change.status();
  (passed ? status.checks_passed : status.checks_failed).fetch_add(1, std::memory_order_relaxed);
  auto const rules = health_rules(backend.config);
  auto const became = status.health.checked(passed, rules, now);
  if (!became) return;
  auto const times = std::to_string(*became ? rules.healthy_after : rules.unhealthy_after);
  change.settle(times + (*became ? " checks passed" : " checks failed") +
                " in a row, the last one: " + std::string(why));
}

void report_unchecked(Backend& backend, std::size_t endpoint, TimePoint now) {
  Change change(backend, endpoint, now);
  if (change.status().health.unchecked(now)) change.settle("it is not checked any more");
}

bool set_admin_state(Backend& backend, std::size_t endpoint, balance::AdminState state, TimePoint now) {
  Change change(backend, endpoint, now);
  if (!change.status().health.set_admin(state, now)) return false;
  if (state == balance::AdminState::enabled) {
    change.status().tally.store(balance::kNoTally, std::memory_order_relaxed);
  }
  change.settle("an operator wants it so");
  return true;
}

void settle(Backend& backend, TimePoint now) {
  auto& troubled = backend.state->health.troubled;
  if (!troubled.load(std::memory_order_relaxed)) return;
  for (std::size_t i = 0; i < backend.endpoints.size(); ++i) {
    Change change(backend, i, now);
    auto const was = change.status().said;
    change.settle(was == Standing::starting ? "" : std::string("it was ") + std::string(in_words(was)));
  }
  std::lock_guard const lock(backend.state->health.mutex);
  auto const plain = [&](auto const& endpoint) { return balance::is_plain(endpoint->status.schedule(), now); };
  if (std::ranges::all_of(backend.endpoints, plain)) troubled.store(false, std::memory_order_relaxed);
}

}  // namespace inferway::upstream
