#pragma once

#include "inferway/config/config.hpp"
#include "inferway/net/published.hpp"
#include "inferway/net/tls.hpp"
#include "inferway/server/server.hpp"
#include "listeners.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace inferway::app {

/// A listening socket, shared by all workers, and how its connections begin.
class Listening {
 public:
  Listening(Listener listener, config::Listen config, std::shared_ptr<net::TlsTicketKeys> ticket_keys)
      : listener_(std::move(listener)), config_(std::move(config)), ticket_keys_(std::move(ticket_keys)) {}

  [[nodiscard]] net::Descriptor const& socket() const { return listener_.socket; }
  [[nodiscard]] Listener const& listener() const { return listener_; }
  /// As the configuration says it that is in force.
  [[nodiscard]] config::Listen const& config() const { return config_; }
  /// For the next connection; nullptr: no TLS. Any thread.
  [[nodiscard]] net::TlsServerContext::Shared tls() const { return tls_.load(); }
  /// How the next connection begins. Any thread.
  [[nodiscard]] server::Opening opening() const {
    return {.tls = tls(), .proxy_protocol = proxy_protocol_.load(std::memory_order_relaxed)};
  }
  [[nodiscard]] std::shared_ptr<net::TlsTicketKeys> const& ticket_keys() const { return ticket_keys_; }
  /// From the next connection on. Connections keep what they began with.
  void use(config::Listen const& config, net::TlsServerContext::Shared tls) {
    config_ = config;
    proxy_protocol_.store(config.proxy_protocol, std::memory_order_relaxed);
    tls_.store(std::move(tls));
  }
  /// Nobody finds a Unix socket of ours any more: no further connections.
  void unlink() { listener_.file = {}; }
  /// Another process listens on from here.
  void leave_file() { listener_.file.leave(); }

 private:
  Listener listener_;
  config::Listen config_;
  std::shared_ptr<net::TlsTicketKeys> ticket_keys_;
  net::Published<net::TlsServerContext> tls_;
  std::atomic<bool> proxy_protocol_{false};
};

using ListeningList = std::vector<std::shared_ptr<Listening>>;

/// What the listeners of a configuration come to: opened and read, and not in use yet.
struct ListeningPlan {
  ListeningList all;                               ///< in the order of the configuration
  std::vector<net::TlsServerContext::Shared> tls;  ///< of each
  std::vector<config::Listen> configs;             ///< of each
  ListeningList opened;                            ///< those of all that were not there before
  std::vector<std::string> troubles;               ///< which ones keep their certificates, since the files are wrong
};

/// Listeners of before that stand in the configuration stay; the others are opened, last of all that may fail. Errors:
/// std::system_error, std::runtime_error that name the address or the file; then nothing has changed.
[[nodiscard]] ListeningPlan plan_listening(ListeningList const& before, config::Config const& config,
                                           Inherited& inherited);
/// The plan is in force: for the connections that come from now on. The list is for the workers.
[[nodiscard]] ListeningList carry_out(ListeningPlan plan);

}  // namespace inferway::app
