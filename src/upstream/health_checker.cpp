#include "inferway/upstream/health_checker.hpp"

#include "inferway/base/text.hpp"
#include "inferway/base/wipe_freed.hpp"
#include "inferway/telemetry/log.hpp"
#include "probe.hpp"

#include <algorithm>
#include <utility>

namespace inferway::upstream {

namespace {

constexpr Duration kFirstWithin = std::chrono::seconds(1);
constexpr Duration kSettling = std::chrono::milliseconds(250);

/// It bears the backend's key.
Secret request_text(Backend const& backend, Endpoint const& endpoint, Secret const& fields) {
  WipeFreed const wipe;
  auto const has = [&](std::string_view name) {
    return std::ranges::any_of(backend.config.headers, [&](auto const& header) { return iequals(header.name, name); });
  };
  std::string out = "GET " + endpoint.config.path + *backend.config.health.path + " HTTP/1.1\r\n";
  out.append("Host: ").append(endpoint.config.authority).append("\r\n");
  if (!has("user-agent")) out.append("User-Agent: inferway-health\r\n");
  if (!has("accept")) out.append("Accept: */*\r\n");
  out.append(fields.reveal()).append("Connection: close\r\n\r\n");
  return Secret(std::move(out));
}

}  // namespace

/// The checks of one endpoint. Not a coroutine, for it may be ended at any time, without anybody's waiting for its end.
class HealthChecker::Check final : public net::Watcher, public std::enable_shared_from_this<Check> {
 public:
  Check(net::Loop& loop, Directory& directory, Backend& backend, std::size_t index, Secret const& fields,
        balance::Random& random)
      : loop_(loop),
        directory_(directory),
        backend_(backend),
        index_(index),
        endpoint_(backend.endpoints[index]),
        request_(request_text(backend, *endpoint_, fields)),
        random_(random),
        deadline_(loop.wheel(), *this) {
    auto const within = std::min<Duration>(backend.config.health.interval, kFirstWithin);
    next_ = Clock::now() + within * static_cast<int>(random_.below(100)) / 100;
    deadline_.arm(next_);
  }

  void notify() override {
    if (std::exchange(queued_, true)) return;
    loop_.defer([weak = weak_from_this()] {
      if (auto const self = weak.lock()) self->go_on();
    });
  }

 private:
  void go_on() {
    queued_ = false;
    if (!probe_ && !deadline_.expired()) return;
    if (!probe_ && !begin()) return;
    if (!judged_) {
      auto verdict = probe_->go_on();
      if (!verdict && deadline_.expired()) {
        auto why = std::string(probe_->waits_for()) + " within health.timeout";
        verdict = Probe::Verdict{.passed = false, .why = std::move(why), .ours = false};
      }
      if (!verdict) return;
      judged_ = true;
      report(*verdict);
    }
    if (!deadline_.expired() && !probe_->drained()) return;
    probe_.reset();
    deadline_.arm(next_);
  }

  /// False: not now. A disabled endpoint is left alone.
  bool begin() {
    auto const now = Clock::now();
    // 90 to 110 % of the interval, so that checks that once fell together do not stay so.
    next_ = now + Duration(backend_.config.health.interval) * static_cast<int>(90 + random_.below(21)) / 100;
    if (is_disabled()) {
      deadline_.arm(next_);
      return false;
    }
    judged_ = false;
    probe_.emplace(loop_, directory_, backend_, *endpoint_, request_.reveal(), *this);
    deadline_.arm(now + backend_.config.health.timeout);
    return true;
  }

  [[nodiscard]] bool is_disabled() const {
    std::lock_guard const lock(backend_.state->health.mutex);
    return endpoint_->status.health.admin() == balance::AdminState::disabled;
  }

  void report(Probe::Verdict const& verdict) {
    if (!verdict.passed && telemetry::log_enabled(config::LogLevel::debug)) {
      telemetry::log(config::LogLevel::debug, "backend '" + backend_.config.name + "': endpoint " +
                                                  endpoint_->config.url + " failed a check: " + verdict.why);
    }
    if (!verdict.ours) report_check(backend_, index_, verdict.passed, verdict.why, Clock::now());
  }

  net::Loop& loop_;
  Directory& directory_;
  Backend& backend_;
  std::size_t const index_;
  std::shared_ptr<Endpoint> const endpoint_;
  Secret const request_;
  balance::Random& random_;
  TimePoint next_;
  net::Deadline deadline_;  ///< the next check, or the end of the one under way
  std::optional<Probe> probe_;
  bool judged_ = false;
  bool queued_ = false;
};

class HealthChecker::Settling final : public net::Watcher {
 public:
  Settling(net::Loop& loop, Directory& directory) : directory_(directory), deadline_(loop.wheel(), *this) {
    deadline_.arm(Clock::now() + kSettling);
  }

  /// It only looks and logs, so it need not wait for the dispatch to end.
  void notify() override {
    auto const now = Clock::now();
    for (std::size_t i = 0; i < directory_.size(); ++i) settle(directory_[i], now);
    deadline_.arm(now + kSettling);
  }

 private:
  Directory& directory_;
  net::Deadline deadline_;
};

HealthChecker::HealthChecker(net::Loop& loop, Directory& directory, std::vector<Secret> const& fields,
                             std::uint64_t seed)
    : random_(seed), settling_(std::make_unique<Settling>(loop, directory)) {
  for (std::size_t i = 0; i < directory.size(); ++i) {
    auto& backend = directory[i];
    for (std::size_t j = 0; j < backend.endpoints.size(); ++j) {
      if (backend.config.health.path) {
        checks_.push_back(std::make_shared<Check>(loop, directory, backend, j, fields[i], random_));
      } else {
        report_unchecked(backend, j, Clock::now());
      }
    }
  }
}

HealthChecker::~HealthChecker() = default;

}  // namespace inferway::upstream
