#pragma once

#include "inferway/admin/admin.hpp"
#include "inferway/config/config.hpp"
#include "inferway/net/resolver.hpp"
#include "inferway/proxy/snapshot.hpp"
#include "inferway/upstream/health_checker.hpp"
#include "inherited.hpp"
#include "listeners.hpp"
#include "listening.hpp"
#include "service_manager.hpp"
#include "signals.hpp"
#include "upgrade.hpp"
#include "watch.hpp"
#include "worker.hpp"

#include <expected>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace inferway::app {

/// What this process was given by whoever started it.
struct Surroundings {
  Inherited inherited;  ///< sockets to listen on instead of own ones
  ServiceManager service_manager;
  Predecessor predecessor;
};

/// The gateway while it runs: workers on threads of their own; the admin port, signals and reloads on the main thread.
/// gateway.cpp: its begin; reloading.cpp: other configurations; upgrading.cpp: another process; draining.cpp: its end.
class Gateway final : private admin::Control {
 public:
  Gateway(config::Config const& config, Surroundings surroundings);

  int run();

 private:
  using Changed = std::weak_ptr<std::function<void()>>;
  /// A new configuration, with all done that may fail.
  struct Prepared {
    std::shared_ptr<proxy::Snapshot> snapshot;
    telemetry::Telemetry::Change telemetry;
    ListeningPlan listening;
    std::vector<std::string> warnings;
    std::vector<std::string> troubles;  ///< TLS files that are wrong by now: what was read from them before stays
  };
  /// Somebody who wants to know how a reload went.
  struct Caller {
    std::shared_ptr<admin::ReloadResult> result;
    Changed changed;
  };

  // gateway.cpp
  [[nodiscard]] config::Config const& config() const { return snapshot_->config; }
  [[nodiscard]] server::Settings settings() const;
  [[nodiscard]] server::Settings admin_settings() const;
  [[nodiscard]] Setup setup();
  void start_workers();
  void start_admin();
  void start_health_checks();
  [[nodiscard]] std::string metrics() const;
  void on_signal(int signal);
  void watch();
  void close_listening(Listening& listening);

  // reloading.cpp
  [[nodiscard]] std::shared_ptr<admin::ReloadResult const> reload(Changed changed) override;
  void begin_reload();
  [[nodiscard]] std::expected<Prepared, std::vector<std::string>> prepare();
  [[nodiscard]] std::vector<std::string> keep_what_cannot_change(config::Config& config) const;
  void carry_out(Prepared prepared);
  void worker_changed();
  void reloaded(admin::ReloadResult const& result);
  [[nodiscard]] std::string backends() const override;
  [[nodiscard]] admin::WishOutcome wish(std::string_view backend, std::string_view endpoint, admin::Wish wish) override;

  // upgrading.cpp
  void upgrade();
  void upgraded(bool ready);

  // draining.cpp
  void drain();
  void worker_stopped_accepting();
  void worker_empty();
  void cut();

  std::uint32_t worker_count_;
  Surroundings surroundings_;
  std::random_device random_;
  net::Loop loop_;  ///< the main thread's
  Signals signals_;
  net::Resolver resolver_;
  telemetry::Telemetry telemetry_;
  std::shared_ptr<proxy::Snapshot> snapshot_;                ///< in force
  std::shared_ptr<server::ClientRules const> client_rules_;  ///< of the configuration in force
  proxy::BufferedBytes buffered_;
  server::ConnectionCount connections_;
  ListeningList listening_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::optional<upstream::HealthChecker> health_checker_;  ///< on this thread, for all workers

  std::atomic<admin::Readiness> readiness_{admin::Readiness::starting};
  admin::Admin admin_;
  server::ConnectionCount admin_connections_;
  std::unique_ptr<server::Server> admin_server_;
  Listener admin_listening_;
  std::unique_ptr<net::Acceptor> admin_acceptor_;

  std::optional<Watch> watch_;
  std::vector<Caller> waiting_;     ///< for the reload after the one under way
  std::vector<Caller> callers_;     ///< of the one under way
  ListeningList closing_;           ///< left out of it
  std::size_t still_changing_ = 0;  ///< workers that serve by the configuration before
  admin::ReloadResult in_force_{.done = true, .taken = true, .generation = 1, .errors = {}, .warnings = {}};
  std::vector<std::string> troubles_;  ///< of the reload under way: see Prepared
  telemetry::ReloadFigures figures_;

  std::optional<Upgrade> upgrade_;
  bool followed_ = false;  ///< another process listens on

  struct DrainOver final : net::Watcher {
    explicit DrainOver(Gateway& g) : gateway(g) {}
    void notify() override { gateway.cut(); }
    Gateway& gateway;
  };
  DrainOver drain_over_{*this};
  net::Deadline drain_deadline_;
  std::size_t still_accepting_ = 0;
  std::size_t still_busy_ = 0;
  bool draining_ = false;
};

/// limits.connections lowered to what RLIMIT_NOFILE allows, so that all who look at it see what is in force.
[[nodiscard]] config::Config within_descriptors(config::Config config);

}  // namespace inferway::app
