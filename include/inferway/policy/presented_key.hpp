#pragma once

#include "inferway/base/error.hpp"
#include "inferway/http/head.hpp"

#include <optional>
#include <string_view>

namespace inferway::policy {

/// The key that a request bears: the first of these that is there. Views into the head.
///   1. Authorization: Bearer KEY (the scheme in any case). Another scheme, and a scheme alone, are no key: the next
///      place is looked at, since a proxy on the way may have put them there.
///   2. X-Api-Key, 3. X-Goog-Api-Key; an empty one is none.
///   4. Sec-WebSocket-Protocol: openai-insecure-api-key.KEY, an item of the list, for requests that ask for a
///   WebSocket.
/// Blanks around a key do not belong to it. Never in the query: addresses end up in logs and histories.
/// Errors: bad_request when the place that counts holds two keys.
[[nodiscard]] Result<std::optional<std::string_view>> presented_key(http::RequestHead const& head);

/// The key in a value of Authorization; "" when it holds none.
[[nodiscard]] std::string_view bearer_key(std::string_view authorization);

}  // namespace inferway::policy
