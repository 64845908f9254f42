#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace inferway {

/// ASCII only: what HTTP calls case-insensitive.
[[nodiscard]] constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
[[nodiscard]] bool iequals(std::string_view a, std::string_view b);
[[nodiscard]] std::string lower(std::string_view text);

/// Without spaces and tabs at either end (OWS of RFC 9110 section 5.6.3).
[[nodiscard]] std::string_view trim(std::string_view text);

/// The whole of `text` as a decimal number without sign, or nothing (empty, other characters, overflow).
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view text);

/// 0 to 15, or -1.
[[nodiscard]] constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Whether `text` matches `pattern`, where `*` stands for any run of characters, also an empty one. No other
/// character is special. Linear in practice, at worst pattern times text; never recursive.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text);

/// The nearest of `known` by edit distance, or "" when none is near enough to be a likely slip.
template <typename Range>
[[nodiscard]] std::string_view nearest(std::string_view word, Range const& known);
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// Whether all of `text` is well-formed UTF-8 (Unicode table 3-7).
[[nodiscard]] bool is_utf8(std::string_view text);

/// `text` as the inside of a JSON string: quotes, backslashes and controls escaped, bytes that are not UTF-8 replaced.
void append_json_escaped(std::string& out, std::string_view text);

/// The most bytes that one byte may become: "\\u001f".
inline constexpr std::size_t kMostEscaped = 6;
/// The same into room for at least kMostEscaped * text.size() bytes. Returns where it ended.
[[nodiscard]] char* write_json_escaped(char* out, std::string_view text);

template <typename Range>
std::string_view nearest(std::string_view word, Range const& known) {
  std::string_view best;
  std::size_t best_distance = word.size() / 3 + 2;
  for (auto const& candidate : known) {
    std::string_view const text(candidate);
    auto const distance = edit_distance(word, text);
    if (distance < best_distance) {
      best = text;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace inferway
