#pragma once

#include "inferway/base/error.hpp"
#include "inferway/base/ip_address.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

/// The binary form of the PROXY protocol's header: section 2.2 of its specification.
namespace inferway::http {

inline constexpr std::string_view kProxySignature("\r\n\r\n\0\r\nQUIT\n", 12);
/// What every header has: the signature, version and command, family and protocol, length of the rest.
inline constexpr std::size_t kProxyFixedBytes = 16;

/// How long the header is that begins with these kProxyFixedBytes. Errors: bad_request for versions, commands,
/// families and protocols that there are none of.
[[nodiscard]] Result<std::size_t> proxy_v2_size(std::string_view fixed);

/// Whose connection a whole header says it is; nothing as ProxyHeaderParser::source(). Errors: bad_request when its
/// parts do not fit into its length, or its checksum (where it has one) is another.
[[nodiscard]] Result<std::optional<IpAddress>> parse_proxy_v2(std::string_view header);

}  // namespace inferway::http
