#include "inferway/app/gateway.hpp"

#include "inferway/admin/admin.hpp"
#include "inferway/telemetry/log.hpp"
#include "inferway/upstream/endpoint_report.hpp"
#include "inferway/upstream/health_checker.hpp"
#include "inherited.hpp"
#include "listeners.hpp"
#include "listening.hpp"
#include "machine.hpp"
#include "service_manager.hpp"
#include "signals.hpp"
#include "worker.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <optional>
#include <random>
#include <string>

namespace inferway::app {

namespace {

using telemetry::log_error;
using telemetry::log_info;
using telemetry::log_warn;

/// What the end takes beyond timeouts.drain: streams are told, the access log is written.
constexpr config::Milliseconds kAfterDrain{5'000};

char const* whence(Listener const& listener) { return listener.inherited ? " (inherited)" : ""; }

/// The gateway while it runs: workers on threads of their own, the admin port and signals on the main thread.
class Gateway {
 public:
  /// `inherited`: sockets to listen on instead of own ones.
  Gateway(config::Config config, Inherited inherited, ServiceManager service_manager);

  int run();

 private:
  [[nodiscard]] server::Settings settings() const;
  void start_workers();
  void start_admin();
  void start_health_checks();
  [[nodiscard]] std::string metrics() const;
  void on_signal(int signal);
  void reload_tls();
  void drain();
  void worker_stopped_accepting();
  void worker_empty();
  void cut();

  std::uint32_t worker_count_;
  Inherited inherited_;
  ServiceManager service_manager_;
  net::Loop loop_;  ///< the main thread's
  Signals signals_;
  net::Resolver resolver_;
  proxy::Snapshot snapshot_;
  telemetry::Telemetry telemetry_;
  proxy::BufferedBytes buffered_;
  server::ConnectionCount connections_;
  std::vector<std::unique_ptr<Listening>> listening_;
  std::vector<net::SocketFile> socket_files_;  ///< of listening_; they go first
  std::vector<std::unique_ptr<Worker>> workers_;
  std::optional<upstream::HealthChecker> health_checker_;  ///< on this thread, for all workers

  std::atomic<admin::Readiness> readiness_{admin::Readiness::starting};
  admin::Admin admin_;
  server::ConnectionCount admin_connections_;
  std::unique_ptr<server::Server> admin_server_;
  Listener admin_listening_;
  std::unique_ptr<net::Acceptor> admin_acceptor_;

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

constexpr std::initializer_list<int> kSignals = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};

std::uint32_t count_workers(config::Config const& config) {
  return config.threads > 0 ? config.threads : usable_cores();
}

/// limits.connections lowered to what RLIMIT_NOFILE allows, so that all who look at it see what is in force.
config::Config within_descriptors(config::Config config) {
  auto& connections = config.limits.connections;
  auto const allowed = allowed_connections(connections);
  if (allowed < connections) {
    log_warn("limits.connections is lowered to " + std::to_string(allowed) + ": RLIMIT_NOFILE allows no more");
  }
  connections = allowed;
  return config;
}

Gateway::Gateway(config::Config config, Inherited inherited, ServiceManager service_manager)
    : worker_count_(count_workers(config)),
      inherited_(std::move(inherited)),
      service_manager_(std::move(service_manager)),
      signals_(loop_, kSignals, [this](int signal) { on_signal(signal); }),
      resolver_([this] {
        loop_.post([this] {
          for (auto const& worker : workers_) worker->names_changed();
        });
      }),
      snapshot_(within_descriptors(std::move(config)), resolver_),
      telemetry_(snapshot_.config, worker_count_),
      admin_(readiness_, snapshot_.config.admin.token, [this] { return metrics(); }),
      drain_deadline_(loop_.wheel(), drain_over_) {}

server::Settings Gateway::settings() const {
  server::Settings out{.limits = snapshot_.config.limits, .timeouts = snapshot_.config.timeouts};
  out.limits.tls_handshakes = std::max<std::uint64_t>(out.limits.tls_handshakes / worker_count_, 1);
  return out;
}

void Gateway::start_workers() {
  for (auto const& listen : snapshot_.config.listen) {
    auto listener = open_listener(listen, snapshot_.config, inherited_);
    socket_files_.push_back(std::move(listener.file));
    listening_.push_back(std::make_unique<Listening>(std::move(listener.socket), listen));
    log_info("listening on " + listener.shown + (listen.tls ? " with TLS" : "") + whence(listener));
  }
  inherited_.expect_none_left();
  std::random_device random;
  Shared const shared{snapshot_, buffered_, connections_, settings()};
  for (std::uint32_t i = 0; i < worker_count_; ++i) {
    auto const seed = (static_cast<std::uint64_t>(random()) << 32) | random();
    workers_.push_back(std::make_unique<Worker>(shared, telemetry_.shard(i), seed));
  }
  for (auto const& worker : workers_) worker->start(listening_, workers_);
}

void Gateway::start_admin() {
  admin_listening_ = open_listener(snapshot_.config.admin.address, snapshot_.config, inherited_);
  admin_server_ =
      std::make_unique<server::Server>(loop_, admin_, settings(), admin_connections_, telemetry_.unlisted_shard());
  admin_acceptor_ = std::make_unique<net::Acceptor>(
      loop_, admin_listening_.socket,
      [this](net::Descriptor connection, net::Address const& peer) {
        admin_server_->load().fetch_add(1, std::memory_order_relaxed);
        loop_.defer([this, connection = std::move(connection), peer]() mutable {
          admin_server_->serve(std::move(connection), peer);
        });
      },
      telemetry_.unlisted_shard().accept_pauses);
  log_info("admin on " + admin_listening_.shown + whence(admin_listening_));
}

void Gateway::start_health_checks() {
  std::vector<std::string> fields;
  for (auto const& backend : snapshot_.backends) fields.push_back(backend.fields);
  health_checker_.emplace(loop_, snapshot_.directory, fields, std::random_device()());
}

std::string Gateway::metrics() const {
  auto const backends = upstream::report(snapshot_.directory, upstream::Moment());
  return telemetry_.prometheus() + telemetry::endpoint_metrics(upstream::to_metrics(backends));
}

int Gateway::run() {
  std::vector<net::Address> wanted{address_of(snapshot_.config.admin.address)};
  for (auto const& listen : snapshot_.config.listen) wanted.push_back(address_of(listen));
  inherited_.expect_only(wanted);
  start_admin();
  start_workers();
  start_health_checks();
  readiness_ = admin::Readiness::ready;
  auto const ready = "ready with " + std::to_string(worker_count_) + (worker_count_ == 1 ? " thread" : " threads");
  log_info(ready);
  service_manager_.ready(ready);
  loop_.run();
  for (auto const& worker : workers_) worker->stop();
  log_info("ended");
  return 0;
}

void Gateway::on_signal(int signal) {
  if (signal == SIGUSR1) {
    telemetry_.reopen();
  } else if (signal == SIGHUP) {
    telemetry_.reopen();
    reload_tls();
  } else if (draining_) {
    log_info("second signal: ending at once");
    cut();
  } else {
    drain();
  }
}

/// The configuration itself stays as it is. What cannot be read stays as it was.
void Gateway::reload_tls() {
  bool all = true;
  for (auto const& listening : listening_) {
    if (auto const trouble = listening->reload_tls()) {
      log_error("the old certificates stay: " + *trouble);
      all = false;
    }
  }
  if (auto const trouble = snapshot_.directory.reload_tls()) {
    log_error("the old TLS settings towards backends stay: " + *trouble);
    all = false;
  }
  for (auto const& worker : workers_) worker->tls_changed();
  if (all) log_info("SIGHUP: certificates are read anew, the access log is reopened; the configuration stays");
}

void Gateway::drain() {
  draining_ = true;
  readiness_ = admin::Readiness::draining;
  health_checker_.reset();
  auto const limit = snapshot_.config.timeouts.drain;
  auto const status = "draining: requests in flight may go on for " + std::to_string(limit.count()) + " ms";
  log_info(status);
  service_manager_.stopping(status, limit + kAfterDrain);
  drain_deadline_.arm(Clock::now() + limit);
  still_accepting_ = workers_.size();
  for (auto const& worker : workers_) {
    worker->stop_accepting([this] { loop_.post([this] { worker_stopped_accepting(); }); });
  }
}

/// No worker accepts any more: what is still waiting is taken, for closing a listening socket resets it. So it is for
/// an inherited one, although whoever holds it keeps what waits: it would wait for our end.
void Gateway::worker_stopped_accepting() {
  if (--still_accepting_ > 0) return;
  socket_files_.clear();  // a Unix socket that nobody finds gets no further connections
  for (auto const& listening : listening_) {
    net::accept_all(listening->socket(), [&](net::Descriptor connection, net::Address const& peer) {
      auto const load = [](auto const& worker) { return worker->load(); };
      auto const& least = *std::ranges::min_element(workers_, {}, load);
      least->adopt(std::move(connection), peer, listening->tls());
    });
  }
  listening_.clear();
  still_busy_ = workers_.size();
  for (auto const& worker : workers_) {
    worker->drain([this] { loop_.post([this] { worker_empty(); }); });
  }
}

void Gateway::worker_empty() {
  if (--still_busy_ > 0) return;
  // The admin port answers to the end, which is now.
  admin_acceptor_->stop();
  admin_server_->cut();
  admin_server_->when_empty([this] { loop_.stop(); });
}

void Gateway::cut() {
  drain_deadline_.disarm();
  for (auto const& worker : workers_) worker->cut();
}

}  // namespace

int serve(config::Config config) {
  Signals::block(kSignals);
  telemetry::set_log_level(config.log.level, config.log.format);
  try {
    auto inherited = Inherited::from_environment();
    auto service_manager = ServiceManager::from_environment();
    Gateway gateway(std::move(config), std::move(inherited), std::move(service_manager));
    return gateway.run();
  } catch (std::exception const& error) {
    telemetry::log_error(error.what());
    return 1;
  }
}

}  // namespace inferway::app
