#pragma once

#include "inferway/config/config.hpp"
#include "inferway/net/descriptor.hpp"
#include "inferway/net/published.hpp"
#include "inferway/net/tls.hpp"

#include <memory>
#include <optional>
#include <string>

namespace inferway::app {

/// A listening socket, shared by all workers, and the certificates its connections get.
class Listening {
 public:
  /// Throws std::runtime_error when the TLS files are wrong.
  Listening(net::Descriptor socket, config::Listen config);

  [[nodiscard]] net::Descriptor const& socket() const { return socket_; }
  /// For the next connection; nullptr: no TLS. Any thread.
  [[nodiscard]] net::TlsServerContext::Shared tls() const { return config_.tls ? tls_.load() : nullptr; }
  /// Reads the files anew. What is wrong with one, and then nothing is changed. Connections keep what they began with.
  [[nodiscard]] std::optional<std::string> reload_tls();

 private:
  net::Descriptor socket_;
  config::Listen config_;
  std::shared_ptr<net::TlsTicketKeys> ticket_keys_ = net::make_ticket_keys();
  net::Published<net::TlsServerContext> tls_;
};

}  // namespace inferway::app
