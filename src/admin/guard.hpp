#pragma once

#include "inferway/http/head.hpp"

#include <string_view>

namespace inferway::admin {

/// Why a request may come from a foreign page in an operator's browser, and is refused; "" when it does not.
/// A browser sends what any page tells it to, to loopback addresses as well: it says so in Origin and Sec-Fetch-Site.
/// Where a page's own name was made to lead to us (DNS rebinding) these look right, and a GET bears neither; but Host
/// is that name: `local_name_wanted` has it name this machine itself, since nothing else (no token) tells who asks.
[[nodiscard]] std::string_view foreign(http::RequestHead const& head, bool local_name_wanted);

}  // namespace inferway::admin
