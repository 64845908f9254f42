#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace inferway::dialect {

/// How many bytes from the front are neither a quote nor a backslash nor a raw control: all of them, in most strings.
[[nodiscard]] std::size_t plain_bytes(std::string_view text);

/// The same as string_bytes(), faster where there are escapes.
[[nodiscard]] std::size_t bytes_with_escapes(std::string_view text);

/// How many bytes from the front are the inside of a JSON string, whole escapes among them. Stops at a quote, at a raw
/// control, and at an escape that is broken or not wholly there. RFC 8259 section 7.
[[nodiscard]] inline std::size_t string_bytes(std::string_view text) {
  auto const plain = plain_bytes(text);
  if (plain == text.size() || text[plain] != '\\') return plain;
  return plain + bytes_with_escapes(text.substr(plain));
}

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

/// How many bytes from the front are of these kinds.
[[nodiscard]] inline std::size_t bytes_of(unsigned kinds, std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && (kJsonBytes[static_cast<unsigned char>(text[at])] & kinds) != 0) ++at;
  return at;
}

/// How many bytes from the front stand between strings and brackets: white space, commas, colons, and what numbers and
/// literals are made of. Stops at a quote, a bracket, and at all that may stand in no JSON text outside a string.
[[nodiscard]] inline std::size_t filler_bytes(std::string_view text) {
  return bytes_of(kSpace | kScalar | kComma, text);
}
/// How many bytes from the front a number or literal is made of.
[[nodiscard]] inline std::size_t scalar_bytes(std::string_view text) { return bytes_of(kScalar, text); }

[[nodiscard]] inline bool is_json_space(char c) { return kJsonBytes[static_cast<unsigned char>(c)] == kSpace; }

}  // namespace inferway::dialect
