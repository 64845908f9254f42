// The gateway's end.

#include "inferway/telemetry/log.hpp"
#include "running_gateway.hpp"

#include <algorithm>
#include <string>

namespace inferway::app {

namespace {

/// What the end takes beyond timeouts.drain: streams are told, the access log is written.
constexpr config::Milliseconds kAfterDrain{5'000};
/// For whoever may be about to ask when the end begins.
constexpr Duration kLastMoment = std::chrono::milliseconds(500);
/// The same when another process has taken over: nobody waits for our end.
constexpr Duration kLongLastMoment = std::chrono::seconds(5);

}  // namespace

void Gateway::drain() {
  draining_ = true;
  readiness_ = admin::Readiness::draining;
  health_checker_.reset();
  watch_.reset();
  upgrade_.reset();
  auto const limit = config().timeouts.drain;
  auto const status = "draining: requests in flight may go on for " + std::to_string(limit.count()) + " ms";
  telemetry::log_info(status);
  // The service goes on when another process has taken it over.
  if (!followed_) surroundings_.service_manager.stopping(status, limit + kAfterDrain);
  drain_deadline_.arm(Clock::now() + limit);
  still_accepting_ = workers_.size();
  for (auto const& worker : workers_) {
    worker->stop_accepting([this] { loop_.post([this] { worker_stopped_accepting(); }); });
  }
}

/// No worker accepts there any more: what is still waiting is taken, for closing a listening socket resets it. So it is
/// for a socket that somebody else has as well (who gave it to us, or who follows us): what waits has woken us, and not
/// them.
void Gateway::close_listening(Listening& listening) {
  if (followed_) listening.leave_file();
  listening.unlink();
  net::accept_all(listening.socket(), [&](net::Descriptor connection, net::Address const& peer) {
    auto const load = [](auto const& worker) { return worker->load(); };
    auto const& least = *std::ranges::min_element(workers_, {}, load);
    least->adopt(std::move(connection), peer, listening.opening());
  });
}

void Gateway::worker_stopped_accepting() {
  if (--still_accepting_ > 0) return;
  for (auto const& listening : listening_) close_listening(*listening);
  listening_.clear();
  still_busy_ = workers_.size();
  for (auto const& worker : workers_) {
    worker->drain(followed_ ? kLongLastMoment : kLastMoment, [this] { loop_.post([this] { worker_empty(); }); });
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

}  // namespace inferway::app
