#pragma once

#include <cstddef>
#include <string_view>

namespace inferway::dialect {

/// How many bytes from the front are neither `a` nor `b`. As fast as memory for long runs.
[[nodiscard]] std::size_t bytes_before_either(std::string_view text, char a, char b);

}  // namespace inferway::dialect
