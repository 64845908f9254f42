// Another configuration for a gateway that runs.

#include "inferway/config/loader.hpp"
#include "inferway/telemetry/log.hpp"
#include "inferway/upstream/endpoint_report.hpp"
#include "running_gateway.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <string>
#include <utility>

namespace inferway::app {

namespace {

std::vector<std::string> texts(std::string const& file, std::vector<config::Problem> const& problems) {
  std::vector<std::string> out;
  out.reserve(problems.size());
  for (auto const& problem : problems) out.push_back(config::to_string(file, problem));
  return out;
}

}  // namespace

std::shared_ptr<admin::ReloadResult const> Gateway::reload(Changed changed) {
  auto result = std::make_shared<admin::ReloadResult>();
  waiting_.push_back({result, std::move(changed)});
  // One at a time; whoever asks meanwhile gets the next one, which reads the file after it was asked for.
  if (still_changing_ == 0) begin_reload();
  return result;
}

void Gateway::begin_reload() {
  callers_ = std::exchange(waiting_, {});
  if (watch_) watch_->reading();
  auto prepared = prepare();
  if (prepared) return carry_out(std::move(*prepared));
  ++figures_.refused;
  telemetry_.set(figures_);
  for (auto const& error : prepared.error()) telemetry::log_error("the reload is refused: " + error);
  telemetry::log_error("the configuration in force stays, and so do the certificates");
  reloaded({.done = true,
            .taken = false,
            .generation = figures_.generation,
            .errors = std::move(prepared.error()),
            .warnings = {}});
}

/// Whatever can go wrong goes wrong here, and leaves nothing behind.
std::expected<Gateway::Prepared, std::vector<std::string>> Gateway::prepare() try {
  if (draining_) return std::unexpected(std::vector<std::string>{"the gateway is being shut down"});
  auto const file = config().file;
  // As the shell makes for --config <(...): to open it again would wait for a writer, and everything with it.
  if (std::filesystem::is_fifo(file)) return std::unexpected(std::vector{file + ": is a pipe, read already"});
  auto loaded = config::load_file(file);
  if (!loaded.config) return std::unexpected(texts(file, loaded.errors));
  Prepared out;
  out.warnings = texts(file, loaded.warnings);
  auto config = within_descriptors(std::move(*loaded.config));
  for (auto& warning : keep_what_cannot_change(config)) out.warnings.push_back(std::move(warning));
  auto change = telemetry_.prepare(config);
  if (!change) return std::unexpected(std::vector{change.error()});
  out.telemetry = std::move(*change);
  out.snapshot = std::make_shared<proxy::Snapshot>(config, resolver_, telemetry_.number(config), snapshot_.get());
  Inherited none;
  out.listening = plan_listening(listening_, config, none);
  std::ranges::copy(out.snapshot->directory.troubles(), std::back_inserter(out.troubles));
  std::ranges::copy(out.listening.troubles, std::back_inserter(out.troubles));
  return out;
} catch (std::exception const& error) {
  return std::unexpected(std::vector<std::string>{error.what()});
}

/// A process cannot change these while it runs; the new values wait for its next start.
std::vector<std::string> Gateway::keep_what_cannot_change(config::Config& config) const {
  std::vector<std::string> warnings;
  auto const& now = this->config();
  auto const say = [&](std::string const& what) {
    warnings.push_back(config.file + ": " + what + " cannot change while the gateway runs: it stays as it is until " +
                       "a restart or an upgrade");
  };
  if (config.threads != now.threads) say("threads");
  config.threads = now.threads;
  if (config::to_string(config.admin.address) != config::to_string(now.admin.address)) {
    say("admin.address");
    // The new address may need no token; the one that stays open may be in everybody's reach.
    if (config.admin.token.empty()) config.admin.token = now.admin.token;
  }
  config.admin.address = now.admin.address;
  return warnings;
}

void Gateway::carry_out(Prepared prepared) {
  health_checker_.reset();  // it looks at the directory of before
  snapshot_ = std::move(prepared.snapshot);
  client_rules_ = server::ClientRules::of(config().clients);
  start_health_checks();
  telemetry::set_log_level(config().log.level, config().log.format);
  telemetry_.apply(std::move(prepared.telemetry));
  admin_.set_token(config().admin.token);
  admin_server_->change(admin_, admin_settings());
  auto const before = std::exchange(listening_, app::carry_out(std::move(prepared.listening)));
  std::ranges::copy_if(before, std::back_inserter(closing_), [this](auto const& listening) {
    return std::ranges::find(listening_, listening) == listening_.end();
  });
  in_force_.warnings = std::move(prepared.warnings);
  for (auto const& warning : in_force_.warnings) telemetry::log_warn(warning);
  troubles_ = std::move(prepared.troubles);
  in_force_.warnings.insert(in_force_.warnings.end(), troubles_.begin(), troubles_.end());
  watch();
  still_changing_ = workers_.size();
  for (auto const& worker : workers_) {
    worker->change(setup(), [this] { loop_.post([this] { worker_changed(); }); });
  }
}

void Gateway::worker_changed() {
  if (--still_changing_ > 0) return;
  for (auto const& listening : std::exchange(closing_, {})) {
    close_listening(*listening);
    telemetry::log_info("no longer listening on " + listening->listener().shown);
  }
  for (auto const& trouble : troubles_) telemetry::log_error(trouble);
  ++figures_.succeeded;
  in_force_.generation = ++figures_.generation;
  figures_.accepted = std::chrono::system_clock::now();
  telemetry_.set(figures_);
  telemetry::log_info("generation " + std::to_string(figures_.generation) + " of the configuration is in force" +
                      (troubles_.empty() ? "; certificates are read anew" : ""));
  reloaded(in_force_);
}

void Gateway::reloaded(admin::ReloadResult const& result) {
  for (auto const& caller : std::exchange(callers_, {})) {
    *caller.result = result;
    if (auto const changed = caller.changed.lock()) (*changed)();
  }
  if (!waiting_.empty()) begin_reload();
}

std::string Gateway::backends() const {
  return upstream::to_json(upstream::report(snapshot_->directory, upstream::Moment())) + "\n";
}

admin::WishOutcome Gateway::wish(std::string_view backend, std::string_view endpoint, admin::Wish wish) {
  auto const state = wish == admin::Wish::enable  ? balance::AdminState::enabled
                     : wish == admin::Wish::drain ? balance::AdminState::drained
                                                  : balance::AdminState::disabled;
  switch (upstream::set_admin_state(snapshot_->directory, backend, endpoint, state, Clock::now())) {
    case upstream::AdminOutcome::done: return admin::WishOutcome::done;
    case upstream::AdminOutcome::unchanged: return admin::WishOutcome::unchanged;
    case upstream::AdminOutcome::no_such_backend: return admin::WishOutcome::no_such_backend;
    case upstream::AdminOutcome::no_such_endpoint: break;
  }
  return admin::WishOutcome::no_such_endpoint;
}

}  // namespace inferway::app
