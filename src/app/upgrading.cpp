// Another process in this one's place, without a moment in which nobody listens.

#include "inferway/telemetry/log.hpp"
#include "running_gateway.hpp"

#include <exception>
#include <string>
#include <vector>

namespace inferway::app {

void Gateway::upgrade() {
  if (draining_ || upgrade_) {
    telemetry::log_warn("SIGUSR2: nothing is done; an upgrade or the end of this process is under way already");
    return;
  }
  std::vector<HandedOn> sockets{{admin_listening_.socket.get(), admin_listening_.owned}};
  for (auto const& listening : listening_) {
    sockets.push_back({listening->socket().get(), listening->listener().owned});
  }
  try {
    upgrade_.emplace(loop_, sockets, surroundings_.service_manager.socket(), [this](bool ready) { upgraded(ready); });
    telemetry::log_info("SIGUSR2: process " + std::to_string(upgrade_->pid()) + " is started to follow this one");
  } catch (std::exception const& error) {
    telemetry::log_error(error.what());
  }
}

void Gateway::upgraded(bool ready) {
  if (!upgrade_) return;
  int const process = upgrade_->pid();
  upgrade_.reset();
  if (!ready || draining_) return;
  telemetry::log_info("process " + std::to_string(process) + " serves; this one ends");
  followed_ = true;
  surroundings_.service_manager.followed_by(process);
  admin_acceptor_->stop();
  admin_listening_.file.leave();
  net::accept_all(admin_listening_.socket, [this](net::Descriptor connection, net::Address const& peer) {
    admin_server_->load().fetch_add(1, std::memory_order_relaxed);
    admin_server_->serve(std::move(connection), peer);
  });
  admin_listening_.socket.close();
  drain();
}

}  // namespace inferway::app
