#pragma once

#include <cstddef>
#include <string_view>

namespace inferway::dialect {

/// How many bytes from the front are the inside of a JSON string, whole escapes among them. Stops at a quote, at a raw
/// control, and at an escape that is broken or not wholly there. RFC 8259 section 7.
[[nodiscard]] std::size_t string_bytes(std::string_view text);

/// How many bytes from the front stand between strings and brackets: white space, commas, colons, and what numbers and
/// literals are made of. Stops at a quote, a bracket, and at all that may stand in no JSON text outside a string.
[[nodiscard]] std::size_t filler_bytes(std::string_view text);

/// What numbers and literals are made of.
[[nodiscard]] bool is_scalar_byte(char c);
[[nodiscard]] bool is_json_space(char c);
/// What follows a backslash, 'u' excepted.
[[nodiscard]] bool is_plain_escape(char c);

}  // namespace inferway::dialect
