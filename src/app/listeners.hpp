#pragma once

#include "inferway/config/config.hpp"
#include "inferway/net/descriptor.hpp"
#include "inferway/net/socket_file.hpp"
#include "inherited.hpp"

#include <string>

namespace inferway::app {

/// A socket that listens as the configuration says.
struct Listener {
  net::Descriptor socket;
  net::SocketFile file;  ///< of a Unix socket that was bound here; goes before the socket
  std::string shown;     ///< its address with the port it got
  bool inherited = false;
  bool owned = true;     ///< bound by this program, not by whoever started it
  bool v6_only = false;  ///< [::] that leaves IPv4 alone
};

/// std::runtime_error when it is none.
[[nodiscard]] net::Address address_of(config::Listen const& listen);

/// The inherited socket with that address, which is then neither closed for others nor its file removed; else a new
/// one. `listen` is one of `config`. Errors: std::system_error, std::runtime_error that name the address.
[[nodiscard]] Listener open_listener(config::Listen const& listen, config::Config const& config, Inherited& inherited);

}  // namespace inferway::app
