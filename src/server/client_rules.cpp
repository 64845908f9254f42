#include "inferway/server/client_rules.hpp"

namespace inferway::server {

ClientRules::ClientRules(config::Clients const& clients)
    : trusted_(clients.trusted_proxies),
      allow_(clients.allow),
      deny_(clients.deny),
      connections_(clients.connections_per_ip > 0 ? clients.connections_per_ip
                                                  : std::numeric_limits<std::uint32_t>::max()) {
  if (clients.rpm_per_ip > 0) rate_.emplace(clients.rpm_per_ip);
}

std::shared_ptr<ClientRules const> ClientRules::of(config::Clients const& clients) {
  return clients.matter() ? std::make_shared<ClientRules const>(clients) : nullptr;
}

}  // namespace inferway::server
