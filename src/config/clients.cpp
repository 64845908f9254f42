#include "clients.hpp"

#include "inferway/base/text.hpp"
#include "known_keys.hpp"

#include <algorithm>
#include <expected>

namespace inferway::config {
namespace {

constexpr std::string_view kExamples = "; write 192.0.2.0/24, 2001:db8::/32 or one address";
constexpr std::uint32_t kMostConnections = 10'000'000;
/// Requests a minute; nanoseconds are counted between two.
constexpr std::uint32_t kMostRequests = 1'000'000'000;

/// The error is the rest of a sentence that begins with the network.
std::expected<IpNetwork, std::string> parse_network(std::string_view text) {
  auto const slash = text.find('/');
  auto const host = text.substr(0, slash);
  auto const address = IpAddress::parse(host);
  if (!address) return std::unexpected("is no IP address or network" + std::string(kExamples));
  IpNetwork out{*address, address->bits()};
  if (slash == std::string_view::npos) return out;
  auto const digits = text.substr(slash + 1);
  auto const number = parse_decimal(digits);
  bool const padded = digits.size() > 1 && digits.front() == '0';
  // An IPv4 address that is written as an IPv6 one counts its bits as such.
  std::uint64_t const before = address->is_v4() && host.find(':') != std::string_view::npos ? 96 : 0;
  if (!number || padded || *number < before || *number > before + out.prefix) {
    return std::unexpected("has no valid prefix length; " + std::to_string(before) + " to " +
                           std::to_string(before + out.prefix));
  }
  out.prefix = static_cast<unsigned>(*number - before);
  auto const first = address->first_of(out.prefix);
  if (first != *address) {
    return std::unexpected("has bits set behind its prefix; write " + to_string(first) + "/" +
                           std::to_string(out.prefix));
  }
  return out;
}

std::vector<IpNetwork> read_networks(Value const& value) {
  std::vector<IpNetwork> out;
  if (!value.given()) return out;
  value.each_item([&](Value const& item) {
    auto const text = item.text();
    if (!text) return;
    auto const network = parse_network(*text);
    if (!network) return item.complain(network.error());
    if (std::ranges::find(out, *network) != out.end()) return item.complain("stands in the list twice");
    out.push_back(*network);
  });
  return out;
}

}  // namespace

void read_clients(Value const& value, Config& config) {
  Section const clients(value, keys::kClients);
  auto& out = config.clients;
  auto const trusted = clients["trusted_proxies"];
  auto const allow = clients["allow"];
  out.trusted_proxies = read_networks(trusted);
  out.allow = read_networks(allow);
  out.deny = read_networks(clients["deny"]);
  out.connections_per_ip = clients["connections_per_ip"].count(out.connections_per_ip, {0, kMostConnections});
  out.rpm_per_ip = clients["rpm_per_ip"].count(out.rpm_per_ip, {0, kMostRequests});
  if (allow.is(Kind::list) && allow.node()->entries.empty()) {
    allow.error("is empty, so nobody could call; leave it out to let everybody in");
  }
  if (std::ranges::any_of(out.trusted_proxies, [](IpNetwork const& network) { return network.prefix == 0; })) {
    trusted.warning("everybody is trusted, so every client can say that it is another one");
  }
  bool const proxied = std::ranges::any_of(config.listen, &Listen::proxy_protocol);
  if (proxied && out.trusted_proxies.empty()) {
    trusted.error(std::string(trusted.given() ? "must not be empty" : "must be given") +
                  ", since a listener has proxy_protocol: nobody else may send it a PROXY header");
  }
}

bool read_proxy_protocol(Value const& value, std::optional<Listen> const& listen) {
  bool const wanted = value.boolean(false);
  if (wanted && listen && !listen->unix_path.empty()) {
    value.error("is for addresses with a port: of a peer on a Unix socket nobody knows whether it is to be trusted");
  }
  return wanted;
}

}  // namespace inferway::config
