#pragma once

#include "inferway/base/ip_address.hpp"
#include "inferway/http/proxy_header.hpp"
#include "inferway/server/client_table.hpp"

#include <optional>
#include <string>

namespace inferway::server {

/// Whose a connection is, where the gateway cares.
struct KnownClient {
  std::optional<IpAddress> peer;  ///< by a PROXY header, if there was one; nothing: a Unix socket's
  ClientTable::Place place;       ///< the peer's; none for trusted proxies, whose connections are others'
  std::string forwarded;          ///< of the request under way: whom the peer asks for; "": for itself
};

}  // namespace inferway::server
