#pragma once

#include "inferway/http/head.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

/// The WebSocket handshake. RFC 6455 section 4.
namespace inferway::http {

/// What the subprotocol begins with in which browsers, which can set no header, send the caller's key to OpenAI's
/// API. Any case.
inline constexpr std::string_view kKeySubprotocol = "openai-insecure-api-key.";

/// The request asks for WebSocket: an upgrade among whose protocols is `websocket`. Other protocols in the list count
/// for nothing.
[[nodiscard]] bool asks_for_websocket(RequestHead const& head);

/// Whether a request that asks for WebSocket asks rightly (section 4.2.1). Errors: upgrade_required (not exactly one
/// Sec-WebSocket-Version, of 13); bad_request (not GET, a body, not exactly one Sec-WebSocket-Key of 16 bytes, a
/// subprotocol that is no token).
[[nodiscard]] Result<void> check_websocket_request(RequestHead const& head);

/// The subprotocols a request offers, in order, as one list, less those that bear a key; "" when none is left.
[[nodiscard]] std::string offered_subprotocols(RequestHead const& head);

/// The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key. Section 4.2.2, item 5.4.
[[nodiscard]] std::string websocket_accept(std::string_view key);

/// Whether a 101 is the right answer to `request`, which was checked (section 4.1, on the server's response). Errors:
/// bad_response.
[[nodiscard]] Result<void> check_websocket_answer(ResponseHead const& head, RequestHead const& request);

/// A Close frame with status 1001, "going away", as a server sends it.
inline constexpr std::string_view kGoingAway{"\x88\x02\x03\xE9", 4};
/// The same as a client sends it, masked. Section 5.3.
[[nodiscard]] std::array<char, 8> masked_going_away(std::uint32_t mask);

}  // namespace inferway::http
