#pragma once

#include "inferway/base/ip_address.hpp"
#include "inferway/http/head.hpp"

#include <optional>

namespace inferway::http {

/// Who asks, when the request came from a proxy that is trusted: of the addresses in X-Forwarded-For the last one that
/// is no trusted proxy's own, for what stands before it anybody may have written. Where all are trusted, the first. An
/// entry that is no address (`unknown`) ends the search: the client is then the proxy that wrote it, as far as anybody
/// knows. Nothing: the field is missing.
[[nodiscard]] std::optional<IpAddress> forwarded_client(RequestHead const& head, IpAddress const& peer,
                                                        IpSet const& trusted);

}  // namespace inferway::http
