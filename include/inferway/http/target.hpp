#pragma once

#include "inferway/base/error.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace inferway::http {

/// The path in the one form that is matched and forwarded: dot segments removed (also "%2e"), runs of slashes made
/// one, needless percent-encodings of unreserved characters decoded, hex digits of the others upper case. "%2F" stays
/// as it is. Returns a view of `path` itself when nothing changes, else of `storage`. Errors: bad_request for a path
/// that does not begin with '/', a broken percent-encoding, "%00", or a character that RFC 3986 does not allow in a
/// path.
[[nodiscard]] Result<std::string_view> normalise_path(std::string_view path, std::string& storage);

/// The value of a query parameter, percent-decoded ('+' is a space); nothing when it is absent. Errors: bad_request
/// when it stands twice with different values, or its encoding is broken.
[[nodiscard]] Result<std::optional<std::string>> query_parameter(std::string_view query, std::string_view name);

/// `query` without the parameters named; all other bytes as they came. Returns a view of `query` itself when nothing
/// was dropped. A name is compared after percent-decoding.
[[nodiscard]] std::string_view without_parameters(std::string_view query, std::span<std::string_view const> names,
                                                  std::string& storage);

/// Each parameter of a query as it stands there: its name and its value, not decoded.
struct Parameter {
  std::string_view name;
  std::string_view value;
};
void each_parameter(std::string_view query, std::function<void(Parameter const&)> const& visit);

/// Decodes %XX (not '+'). Nothing on a broken encoding.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);
/// Encodes all but unreserved characters, so that the result is one path segment.
void append_percent_encoded(std::string& out, std::string_view text);

}  // namespace inferway::http
