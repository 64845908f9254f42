#include "inferway/app/gateway.hpp"

#include "inferway/telemetry/log.hpp"
#include "inferway/upstream/endpoint_report.hpp"
#include "machine.hpp"
#include "running_gateway.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <string>

namespace inferway::app {

namespace {

using telemetry::log_error;
using telemetry::log_info;
using telemetry::log_warn;

constexpr std::initializer_list<int> kSignals = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};

std::uint32_t count_workers(config::Config const& config) {
  return config.threads > 0 ? config.threads : usable_cores();
}

}  // namespace

config::Config within_descriptors(config::Config config) {
  auto& connections = config.limits.connections;
  auto const allowed = allowed_connections(connections);
  if (allowed < connections) {
    log_warn("limits.connections is lowered to " + std::to_string(allowed) + ": RLIMIT_NOFILE allows no more");
  }
  connections = allowed;
  return config;
}

Gateway::Gateway(config::Config const& config, Surroundings surroundings)
    : worker_count_(count_workers(config)),
      surroundings_(std::move(surroundings)),
      signals_(loop_, kSignals, [this](int signal) { on_signal(signal); }),
      resolver_([this] {
        loop_.post([this] {
          for (auto const& worker : workers_) worker->names_changed();
        });
      }),
      telemetry_(config, worker_count_),
      snapshot_(std::make_shared<proxy::Snapshot>(config, resolver_, telemetry_.number(config))),
      client_rules_(server::ClientRules::of(config.clients)),
      admin_(
          readiness_, config.admin.token, [this] { return metrics(); }, *this),
      drain_deadline_(loop_.wheel(), drain_over_) {}

server::Settings Gateway::settings() const {
  server::Settings out{.limits = config().limits, .timeouts = config().timeouts, .clients = nullptr};
  out.limits.tls_handshakes = std::max<std::uint64_t>(out.limits.tls_handshakes / worker_count_, 1);
  return out;
}

/// A handful of probes, scrapers and operators; what is more must not take the data port's descriptors.
server::Settings Gateway::admin_settings() const {
  static constexpr std::uint64_t kMaxConnections = 256;
  auto out = settings();
  out.limits.connections = std::min(out.limits.connections, kMaxConnections);
  return out;
}

Setup Gateway::setup() {
  auto const seed = (static_cast<std::uint64_t>(random_()) << 32) | random_();
  auto settings = this->settings();
  settings.clients = client_rules_;  // not on the admin port
  return {.snapshot = snapshot_, .settings = std::move(settings), .listening = listening_, .seed = seed};
}

void Gateway::start_workers() {
  listening_ = app::carry_out(plan_listening({}, config(), surroundings_.inherited));
  surroundings_.inherited.expect_none_left();
  surroundings_.inherited = {};  // closed: whoever connected to what is left would wait for ever
  Shared const shared{loop_, buffered_, connections_};
  for (std::uint32_t i = 0; i < worker_count_; ++i) {
    workers_.push_back(std::make_unique<Worker>(shared, setup(), telemetry_.shard(i)));
  }
  for (auto const& worker : workers_) worker->start(listening_, workers_);
}

void Gateway::start_admin() {
  admin_listening_ = open_listener(config().admin.address, config(), surroundings_.inherited);
  admin_server_ = std::make_unique<server::Server>(loop_, admin_, admin_settings(), admin_connections_,
                                                   telemetry_.unlisted_shard());
  admin_acceptor_ = std::make_unique<net::Acceptor>(
      loop_, admin_listening_.socket,
      [this](net::Descriptor connection, net::Address const& peer) {
        admin_server_->load().fetch_add(1, std::memory_order_relaxed);
        loop_.defer([this, connection = std::move(connection), peer]() mutable {
          admin_server_->serve(std::move(connection), peer);
        });
      },
      telemetry_.unlisted_shard().accept_pauses);
  log_info("admin on " + admin_listening_.shown + (admin_listening_.inherited ? " (inherited)" : ""));
}

/// By the configuration in force.
void Gateway::start_health_checks() {
  health_checker_.reset();
  std::vector<Secret> fields;
  for (auto const& backend : snapshot_->backends) fields.push_back(backend.fields);
  health_checker_.emplace(loop_, snapshot_->directory, fields, random_());
}

std::string Gateway::metrics() const {
  auto const backends = upstream::report(snapshot_->directory, upstream::Moment());
  return telemetry_.prometheus() + telemetry::endpoint_metrics(upstream::to_metrics(backends));
}

int Gateway::run() {
  std::vector<net::Address> wanted{address_of(config().admin.address)};
  for (auto const& listen : config().listen) wanted.push_back(address_of(listen));
  if (surroundings_.predecessor.is_there()) surroundings_.inherited.accept_others();
  surroundings_.inherited.expect_only(wanted);
  start_admin();
  start_workers();
  start_health_checks();
  watch();
  readiness_ = admin::Readiness::ready;
  auto const ready = "ready with " + std::to_string(worker_count_) + (worker_count_ == 1 ? " thread" : " threads");
  log_info(ready);
  // Whoever was there before us says so itself: the service manager believes it, and not yet us.
  if (!surroundings_.predecessor.is_there()) surroundings_.service_manager.ready(ready);
  surroundings_.predecessor.ready();
  loop_.run();
  for (auto const& worker : workers_) worker->stop();
  log_info("ended");
  return 0;
}

/// One that is there goes on: it may know already of a change that came after the file was read.
void Gateway::watch() {
  if (!config().reload_watch) return watch_.reset();
  if (watch_) return;
  watch_.emplace(loop_, config().file, [this] {
    log_info("the configuration's file has changed");
    static_cast<void>(reload({}));
  });
}

void Gateway::on_signal(int signal) {
  if (signal == SIGUSR1) {
    telemetry_.reopen();
  } else if (signal == SIGHUP) {
    telemetry_.reopen();
    static_cast<void>(reload({}));
  } else if (signal == SIGUSR2) {
    upgrade();
  } else if (draining_) {
    log_info("second signal: ending at once");
    cut();
  } else {
    drain();
  }
}

int serve(config::Config config) {
  Signals::block(kSignals);
  telemetry::set_log_level(config.log.level, config.log.format);
  try {
    Surroundings surroundings{.inherited = Inherited::from_environment(),
                              .service_manager = ServiceManager::from_environment(),
                              .predecessor = Predecessor::from_environment()};
    Gateway gateway(within_descriptors(std::move(config)), std::move(surroundings));
    return gateway.run();
  } catch (std::exception const& error) {
    telemetry::log_error(error.what());
    return 1;
  }
}

}  // namespace inferway::app
