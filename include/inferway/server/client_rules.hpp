#pragma once

#include "inferway/base/ip_address.hpp"
#include "inferway/config/config.hpp"
#include "inferway/policy/request_rate.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

namespace inferway::server {

/// `clients` of the configuration, made ready to be asked for each connection and request. Immutable; workers share it.
class ClientRules {
 public:
  explicit ClientRules(config::Clients const& clients);
  /// nullptr when the configuration asks for nothing of this: then nothing is looked at.
  [[nodiscard]] static std::shared_ptr<ClientRules const> of(config::Clients const& clients);

  [[nodiscard]] bool trusts(IpAddress const& peer) const { return trusted_.contains(peer); }
  [[nodiscard]] IpSet const& trusted() const { return trusted_; }
  [[nodiscard]] bool denies(IpAddress const& client) const { return deny_.contains(client); }
  [[nodiscard]] bool admits(IpAddress const& client) const {
    return !denies(client) && (allow_.empty() || allow_.contains(client));
  }
  /// Connections of one client at once.
  [[nodiscard]] std::uint32_t connections() const { return connections_; }
  [[nodiscard]] std::optional<policy::RateRule> const& rate() const { return rate_; }
  /// Clients are to be counted.
  [[nodiscard]] bool counts() const { return rate_ || connections_ < std::numeric_limits<std::uint32_t>::max(); }

 private:
  IpSet trusted_;
  IpSet allow_;
  IpSet deny_;
  std::uint32_t connections_;
  std::optional<policy::RateRule> rate_;
};

}  // namespace inferway::server
