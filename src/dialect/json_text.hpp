#pragma once

#include "json_block.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <string_view>

namespace inferway::dialect {

[[nodiscard]] inline bool is_plain(char c) { return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20; }

/// What plain_end() does, for text that goes on for a while, or ends soon.
[[nodiscard]] std::size_t plain_end_of_long(std::string_view text, std::size_t at);

/// Where from `at` on the first byte of `text` stands that is a quote, a backslash or a raw control; its size, if there
/// is none. Inline for what most strings are: a word.
[[nodiscard]] inline std::size_t plain_end(std::string_view text, std::size_t at) {
#ifdef __SSE2__
  if (at + JsonBlock::kBytes <= text.size()) {
    auto const stops = JsonBlock(text.data() + at).ends_and_backslashes();
    if (stops != 0) return at + static_cast<std::size_t>(std::countr_zero(stops));
    at += JsonBlock::kBytes;
  }
#endif
  return plain_end_of_long(text, at);
}

/// The same as string_bytes(), faster where there are escapes.
[[nodiscard]] std::size_t bytes_with_escapes(std::string_view text);

/// Where the inside of a JSON string that goes on at `at` ends, whole escapes among it: at a quote, at a raw control,
/// at an escape that is broken or not wholly there, or at the end of `text`. RFC 8259 section 7.
[[nodiscard]] inline std::size_t string_end(std::string_view text, std::size_t at) {
  auto const plain = plain_end(text, at);
  if (plain == text.size() || text[plain] != '\\') return plain;
  return plain + bytes_with_escapes(text.substr(plain));
}
/// How long that is from the front.
[[nodiscard]] inline std::size_t string_bytes(std::string_view text) { return string_end(text, 0); }

/// What follows a backslash, 'u' excepted.
[[nodiscard]] bool is_plain_escape(char c);

/// What a byte outside strings is. All that is no filler is structure or no JSON: a comment or a single quote, which
/// lenient parsers take, could hide quotes and brackets from us.
inline constexpr unsigned char kSpace = 1;
inline constexpr unsigned char kScalar = 2;  ///< what numbers and literals are made of
inline constexpr unsigned char kComma = 4;   ///< or a colon
inline constexpr auto kJsonBytes = [] {
  std::array<unsigned char, 256> table{};
  for (char const c : std::string_view(" \t\n\r")) table[static_cast<unsigned char>(c)] = kSpace;
  for (char const c : std::string_view("+-.0123456789")) table[static_cast<unsigned char>(c)] = kScalar;
  for (char const c : std::string_view(",:")) table[static_cast<unsigned char>(c)] = kComma;
  for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = kScalar;
  return table;
}();

[[nodiscard]] inline bool is_of(unsigned kinds, char c) {
  return (kJsonBytes[static_cast<unsigned char>(c)] & kinds) != 0;
}
/// How many bytes from the front are of these kinds.
[[nodiscard]] inline std::size_t bytes_of(unsigned kinds, std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && is_of(kinds, text[at])) ++at;
  return at;
}

/// What stands between strings and brackets: white space, commas, colons, and what numbers and literals are made of.
inline constexpr unsigned kFiller = kSpace | kScalar | kComma;
/// How many bytes from the front are that. Stops at a quote, a bracket, and at all that may stand in no JSON text
/// outside a string.
[[nodiscard]] inline std::size_t filler_bytes(std::string_view text) { return bytes_of(kFiller, text); }
/// How many bytes from the front a number or literal is made of.
[[nodiscard]] inline std::size_t scalar_bytes(std::string_view text) { return bytes_of(kScalar, text); }

[[nodiscard]] inline bool is_json_space(char c) { return kJsonBytes[static_cast<unsigned char>(c)] == kSpace; }

}  // namespace inferway::dialect
