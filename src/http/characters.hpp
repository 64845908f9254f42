#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// The character classes of RFC 9110 and RFC 3986, as one table.
namespace inferway::http {

// Bits, so that a table look-up answers for several classes at once.
inline constexpr unsigned kTchar = 1;       // of a token, RFC 9110 section 5.6.2
inline constexpr unsigned kVchar = 2;       // visible ASCII, RFC 5234
inline constexpr unsigned kUnreserved = 4;  // RFC 3986 section 2.3
inline constexpr unsigned kSubDelim = 8;    // RFC 3986 section 2.2
inline constexpr unsigned kDigit = 16;
inline constexpr unsigned kHex = 32;

inline constexpr std::array<std::uint8_t, 256> kCharacterClasses = [] {
  std::array<std::uint8_t, 256> table{};
  auto const add = [&](std::string_view characters, unsigned bits) {
    for (char const c : characters) {
      auto& entry = table[static_cast<unsigned char>(c)];
      entry = static_cast<std::uint8_t>(entry | bits);
    }
  };
  add("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", kTchar | kUnreserved);
  add("0123456789", kTchar | kUnreserved | kDigit);
  add("0123456789abcdefABCDEF", kHex);
  add("!#$%&'*+-.^_`|~", kTchar);
  add("-._~", kUnreserved);
  add("!$&'()*+,;=", kSubDelim);
  for (unsigned c = 0x21; c <= 0x7E; ++c) table[c] |= kVchar;
  return table;
}();

[[nodiscard]] constexpr bool is_a(char c, unsigned classes) {
  return (kCharacterClasses[static_cast<unsigned char>(c)] & classes) != 0;
}

[[nodiscard]] constexpr bool all_are(std::string_view text, unsigned classes) {
  for (char const c : text) {
    if (!is_a(c, classes)) return false;
  }
  return true;
}

/// What a field value may hold: no control but HTAB; obs-text is let through. RFC 9110 section 5.5.
[[nodiscard]] constexpr bool is_field_character(char c) {
  auto const byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7F) || byte == '\t';
}

}  // namespace inferway::http
