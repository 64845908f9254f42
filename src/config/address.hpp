#pragma once

#include "inferway/config/config.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>

/// Addresses to listen on and URLs to connect to. Pure text: nothing is resolved.
namespace inferway::config {

/// A literal IPv4 or IPv6 address (without brackets) in its canonical form; nothing for anything else.
[[nodiscard]] std::optional<std::string> canonical_ip(std::string_view text);

/// 127.0.0.0/8 or ::1 (or its IPv4-mapped form), or a Unix socket.
[[nodiscard]] bool is_loopback(Listen const& listen);

/// Whether both would answer on the same port of the same address; a wildcard address covers its family.
[[nodiscard]] bool overlap(Listen const& a, Listen const& b);

/// "0.0.0.0:8080", "[::]:8080" or "unix:/path". The error is the rest of a sentence that begins with the address.
[[nodiscard]] std::expected<Listen, std::string> parse_listen(std::string_view text);

/// "http://host:port/path", https, or "unix:/path". The error is the rest of a sentence that begins with "the URL";
/// it does not repeat the URL, which may bear a password.
[[nodiscard]] std::expected<Endpoint, std::string> parse_endpoint(std::string_view url);

}  // namespace inferway::config
