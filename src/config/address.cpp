#include "address.hpp"

#include "inferway/base/text.hpp"
#include "path_rules.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <limits>
#include <sys/un.h>

namespace inferway::config {
namespace {

template <typename T>
using Read = std::expected<T, std::string>;

std::unexpected<std::string> fail(std::string_view what) { return std::unexpected(std::string(what)); }

constexpr std::string_view kUnix = "unix:";

/// host[:port] or [v6][:port], cut apart. `port` is nothing when there is no colon.
struct HostAndPort {
  std::string_view host;
  bool bracketed = false;
  std::optional<std::string_view> port;
};

Read<HostAndPort> cut(std::string_view text) {
  HostAndPort out;
  std::string_view rest;
  if (text.starts_with('[')) {
    auto const end = text.find(']');
    if (end == std::string_view::npos) return fail("has a [ without its ]");
    out.bracketed = true;
    out.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return fail("has something other than :port behind the ]");
  } else {
    auto const colon = text.find(':');
    out.host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
    if (rest.find(':', 1) != std::string_view::npos) return fail("needs brackets around an IPv6 address: [::1]:8080");
  }
  if (!rest.empty()) out.port = rest.substr(1);
  return out;
}

Read<std::uint16_t> parse_port(std::string_view text, std::uint16_t lowest) {
  auto const number = parse_decimal(text);
  bool const padded = text.size() > 1 && text.front() == '0';
  if (!number || padded || *number > std::numeric_limits<std::uint16_t>::max() || *number < lowest) {
    return fail("has no valid port; " + std::to_string(lowest) + " to 65535");
  }
  return static_cast<std::uint16_t>(*number);
}

Read<std::string> parse_unix_path(std::string_view text) {
  if (!text.starts_with('/') || text.ends_with('/')) return fail("names no socket; write unix:/absolute/path");
  if (text.size() >= sizeof(sockaddr_un::sun_path)) {
    return fail("is too long for a Unix socket; at most " + std::to_string(sizeof(sockaddr_un::sun_path) - 1) +
                " characters");
  }
  return std::string(text);
}

/// A name that a resolver would take for a number, such as 10.1 or 0x7f000001: it reads them in its own way.
bool looks_like_number(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  auto const label = host.substr(host.rfind('.') + 1);
  bool const hex = label.starts_with("0x") || label.starts_with("0X");
  return hex || label.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_host_name(std::string_view host) {
  constexpr std::size_t kMostName = 253;
  constexpr std::size_t kMostLabel = 63;
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.size() > kMostName) return false;
  std::size_t label = 0;
  for (char const c : host) {
    char const l = to_lower(c);
    bool const known = (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    label = known ? label + 1 : 0;
    if ((!known && c != '.') || label > kMostLabel) return false;
  }
  return host.front() != '.' && host.find("..") == std::string_view::npos;
}

Read<std::string> parse_host(HostAndPort const& parts) {
  if (parts.host.empty()) return fail("has no host");
  if (auto ip = canonical_ip(parts.host)) {
    if (parts.bracketed == (ip->find(':') != std::string::npos)) return std::move(*ip);
  }
  if (parts.bracketed) return fail("has no IPv6 address between its brackets");
  if (looks_like_number(parts.host)) return fail("has a host that is no valid IPv4 address");
  if (!is_host_name(parts.host)) return fail("has no valid host name");
  return lower(parts.host);
}

Read<Endpoint> parse_authority(std::string_view authority, Endpoint endpoint) {
  std::uint16_t const usual = endpoint.tls ? 443 : 80;
  auto const parts = cut(authority);
  if (!parts) return std::unexpected(parts.error());
  auto host = parse_host(*parts);
  if (!host) return std::unexpected(host.error());
  auto const port = parts->port ? parse_port(*parts->port, 1) : Read<std::uint16_t>(usual);
  if (!port) return std::unexpected(port.error());
  endpoint.host = std::move(*host);
  endpoint.port = *port;
  endpoint.authority = parts->bracketed ? "[" + endpoint.host + "]" : endpoint.host;
  if (endpoint.port != usual) endpoint.authority += ":" + std::to_string(endpoint.port);
  return endpoint;
}

}  // namespace

std::optional<std::string> canonical_ip(std::string_view text) {
  std::string const host(text);
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  std::array<char, INET6_ADDRSTRLEN> printed;
  for (int const family : {AF_INET, AF_INET6}) {
    if (host.find('\0') != std::string::npos || ::inet_pton(family, host.c_str(), bytes.data()) != 1) continue;
    return std::string(::inet_ntop(family, bytes.data(), printed.data(), printed.size()));
  }
  return std::nullopt;
}

bool is_loopback(Listen const& listen) {
  std::string_view host = listen.host;
  if (!listen.unix_path.empty() || host == "::1") return true;
  constexpr std::string_view kMapped = "::ffff:";
  if (host.starts_with(kMapped)) host.remove_prefix(kMapped.size());
  return host.starts_with("127.") && host.find(':') == std::string_view::npos;
}

bool overlap(Listen const& a, Listen const& b) {
  if (!a.unix_path.empty() || !b.unix_path.empty()) return a.unix_path == b.unix_path;
  auto const is_v6 = [](Listen const& listen) { return listen.host.find(':') != std::string::npos; };
  auto const is_wildcard = [](Listen const& listen) { return listen.host == "0.0.0.0" || listen.host == "::"; };
  if (a.port != b.port || a.port == 0 || is_v6(a) != is_v6(b)) return false;
  return a.host == b.host || is_wildcard(a) || is_wildcard(b);
}

bool is_v6_only(Listen const& listen, Config const& config) {
  auto const takes_the_port = [&](Listen const& other) {
    bool const v4 = other.unix_path.empty() && other.host.find(':') == std::string::npos;
    return v4 && other.port == listen.port;
  };
  if (listen.host != "::" || listen.port == 0) return false;
  return takes_the_port(config.admin.address) || std::ranges::any_of(config.listen, takes_the_port);
}

std::expected<Listen, std::string> parse_listen(std::string_view text) {
  constexpr std::string_view kExamples = "; write 0.0.0.0:8080, [::]:8080 or unix:/path";
  if (text.starts_with(kUnix)) {
    auto path = parse_unix_path(text.substr(kUnix.size()));
    if (!path) return std::unexpected(path.error());
    return Listen{.host = {}, .port = 0, .unix_path = std::move(*path)};
  }
  auto const parts = cut(text);
  if (!parts) return std::unexpected(parts.error());
  auto ip = canonical_ip(parts->host);
  if (!ip || parts->bracketed != (ip->find(':') != std::string::npos)) {
    return fail("has no literal address as its host" + std::string(kExamples));
  }
  if (!parts->port) return fail("has no port" + std::string(kExamples));
  auto const port = parse_port(*parts->port, 0);
  if (!port) return std::unexpected(port.error());
  return Listen{.host = std::move(*ip), .port = *port, .unix_path = {}};
}

std::string to_string(Listen const& listen) {
  if (!listen.unix_path.empty()) return std::string(kUnix) + listen.unix_path;
  bool const v6 = listen.host.find(':') != std::string::npos;
  return (v6 ? "[" + listen.host + "]" : listen.host) + ":" + std::to_string(listen.port);
}

std::expected<Endpoint, std::string> parse_endpoint(std::string_view url) {
  Endpoint endpoint;
  endpoint.url = url;
  if (url.starts_with(kUnix)) {
    auto path = parse_unix_path(url.substr(kUnix.size()));
    if (!path) return std::unexpected(path.error());
    endpoint.unix_path = std::move(*path);
    endpoint.authority = "localhost";  // RFC 9112 section 3.2 wants a Host; a socket has no name of its own
    return endpoint;
  }
  auto const scheme_end = url.find("://");
  auto const scheme = lower(url.substr(0, scheme_end));
  if (scheme_end == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return fail("begins with neither http:// nor https:// nor unix:/");
  }
  endpoint.tls = scheme == "https";
  auto const rest = url.substr(scheme_end + 3);
  if (rest.find_first_of("?#") != std::string_view::npos) return fail("has a query or a fragment; neither is sent");
  auto const slash = rest.find('/');
  auto const authority = rest.substr(0, slash);
  if (authority.find('@') != std::string_view::npos) return fail("has a user or password; use key or headers instead");
  auto path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  if (auto const complaint = path.empty() ? std::nullopt : complaint_about_path(path)) {
    return fail("has a path that " + *complaint);
  }
  if (path.ends_with('/')) path.remove_suffix(1);
  endpoint.path = path;
  return parse_authority(authority, std::move(endpoint));
}

}  // namespace inferway::config
