#pragma once

#include "inferway/http/head.hpp"
#include "inferway/net/blocks.hpp"
#include "inferway/proxy/compiled_config.hpp"

#include <optional>
#include <string_view>

namespace inferway::proxy {

/// How the body of a request goes upstream.
struct BodyFraming {
  bool chunked = false;
  std::optional<std::uint64_t> length;  ///< nothing and not chunked: no body, and none is expected
};

/// Everything a request to a backend is made of.
struct UpstreamHead {
  http::RequestHead const& client;
  config::Endpoint const& endpoint;
  BackendPlan const& backend;
  std::span<std::size_t const> withheld{};  ///< places in client.fields whose fields do not pass, whatever pass_headers
                                            ///< says
  std::string_view path;                    ///< as matched, rewritten or renamed; without the endpoint's own
  std::string_view query;
  bool has_query = false;
  std::string_view peer;
  bool secure = false;
  std::string_view request_id;
  BodyFraming framing;
};

/// Fields of the client's that bear credentials: none goes upstream, unless `pass_headers` lists it.
[[nodiscard]] bool is_guarded(http::FieldId id);

/// Writes the head that goes upstream: the client's end-to-end fields but for credentials and those the gateway sets
/// itself. RFC 9110 section 7.6. Of upgrades only a WebSocket's handshake goes on, less subprotocols that bear a key.
void write_upstream_head(net::Buffer& out, UpstreamHead const& head);

}  // namespace inferway::proxy
