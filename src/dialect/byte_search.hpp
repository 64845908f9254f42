#pragma once

#include <cstddef>
#include <string_view>

namespace inferway::dialect {

/// How many bytes from the front are neither `a` nor `b`. As fast as memory for long runs.
[[nodiscard]] std::size_t bytes_before_either(std::string_view text, char a, char b);

/// How many bytes from the front are neither quote, backslash nor control (below 0x20): plain inside of a JSON string.
[[nodiscard]] std::size_t bytes_before_quote_backslash_or_control(std::string_view text);

}  // namespace inferway::dialect
