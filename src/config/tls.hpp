#pragma once

#include "inferway/config/config.hpp"
#include "value.hpp"

#include <optional>

/// TLS towards clients and backends. Whether the files are what they should be is seen when they are loaded
/// (`net::TlsServerContext`, `net::TlsClientContext`), not here.
namespace inferway::config {

/// Nothing for null.
[[nodiscard]] std::optional<ListenerTls> read_listener_tls(Value const& value);
/// `backend`: its endpoints are known already.
[[nodiscard]] BackendTls read_backend_tls(Value const& value, Backend const& backend);

}  // namespace inferway::config
