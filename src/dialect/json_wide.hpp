#pragma once

#include <cstddef>
#include <string_view>

/// JSON strings 64 bytes at a time, on processors with AVX2: prompts are long. Elsewhere nothing is passed over here,
/// and json_text.cpp goes on 16 bytes at a time.
namespace inferway::dialect {

/// How far from `at` on blocks go that hold no quote, backslash or control.
[[nodiscard]] std::size_t wide_plain_end(std::string_view text, std::size_t at);

/// How far from the front blocks go that are plain or escapes of two bytes, whole ones. Stops at a quote, a control and
/// the backslash of any other escape, or where less than a block is left.
[[nodiscard]] std::size_t wide_bytes_of_plain_escapes(std::string_view text);

}  // namespace inferway::dialect
