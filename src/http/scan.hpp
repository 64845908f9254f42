#pragma once

#include "characters.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/// How far a run of characters goes, sixteen bytes at a time where the processor can: every byte of every head comes
/// through here, more than once. The tests compare each with its table, byte by byte.
namespace inferway::http {

#ifdef __SSE2__  // which every x86-64 has

/// 0xFF where a byte is within first to last.
[[nodiscard]] inline __m128i within(__m128i bytes, unsigned first, unsigned last) {
  auto const offset = _mm_sub_epi8(bytes, _mm_set1_epi8(static_cast<char>(first)));
  return _mm_cmpeq_epi8(_mm_min_epu8(offset, _mm_set1_epi8(static_cast<char>(last - first))), offset);
}
[[nodiscard]] inline __m128i equal(__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); }
[[nodiscard]] inline unsigned bits(__m128i bytes) { return static_cast<unsigned>(_mm_movemask_epi8(bytes)); }

[[nodiscard]] inline __m128i are_letters(__m128i bytes) {
  return within(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z');
}

/// How many bytes at the front of `text` are good, or fewer when less than sixteen are left: the caller looks at those
/// itself. `bad` gives a bit for each byte of a block that is not good; NUL never is.
template <typename Bad>
[[nodiscard]] std::size_t blocks_length(std::string_view text, Bad bad) {
  char const* at = text.data();
  std::size_t length = 0;
  for (; text.size() - length >= 16; length += 16) {
    auto const mask = bad(_mm_loadu_si128(reinterpret_cast<__m128i const*>(at + length)));
    if (mask != 0) return length + static_cast<std::size_t>(std::countr_zero(mask));
  }
  if (text.size() - length >= 8) {  // the upper half of the block is NULs
    auto const mask = bad(_mm_loadl_epi64(reinterpret_cast<__m128i const*>(at + length)));
    length += static_cast<std::size_t>(std::countr_zero(mask));
  }
  return length;
}

/// Bit i: byte i of the block may not stand in a field value.
[[nodiscard]] inline unsigned controls(__m128i bytes) {
  auto const control = _mm_andnot_si128(equal(bytes, '\t'), within(bytes, 0, 0x1F));
  return bits(_mm_or_si128(control, equal(bytes, 0x7F)));
}

/// Bit i: byte i of the block is neither a letter nor '-', which field names are made of, as good as always.
[[nodiscard]] inline unsigned not_in_names(__m128i bytes) {
  return bits(_mm_or_si128(are_letters(bytes), equal(bytes, '-'))) ^ 0xFFFFU;
}

/// Bit i: byte i of the block is a control, HTAB among them, or not ASCII: one more look tells what it means. Cheaper
/// than controls(): as a signed number, what is above ASCII is below a space, and so is 0x7F + 1.
[[nodiscard]] inline unsigned unusual(__m128i bytes) {
  return bits(_mm_cmplt_epi8(_mm_add_epi8(bytes, _mm_set1_epi8(1)), _mm_set1_epi8(0x21)));
}

#endif

/// How many bytes at the front of `text` may stand in a field value.
[[nodiscard]] inline std::size_t field_text_length(std::string_view text) {
  std::size_t length = 0;
#ifdef __SSE2__
  char const* const at = text.data();
  for (; text.size() - length >= 16; length += 16) {
    auto const mask = unusual(_mm_loadu_si128(reinterpret_cast<__m128i const*>(at + length)));
    if (mask == 0) continue;
    length += static_cast<std::size_t>(std::countr_zero(mask));
    if (at[length] == '\r') return length;  // the line's end, as nearly always
    break;
  }
  length += blocks_length({at + length, text.size() - length}, controls);
#endif
  while (length < text.size() && is_field_character(text[length])) ++length;
  return length;
}

/// Whether a line ends at `at`.
[[nodiscard]] inline bool is_line_end(std::string_view bytes, std::size_t at) {
  return bytes.size() - at >= 2 && std::memcmp(bytes.data() + at, "\r\n", 2) == 0;
}

/// How many bytes at the front of `text` may stand in a token.
[[nodiscard]] std::size_t token_length(std::string_view text);

/// The same for who expects a field's name and a colon.
[[nodiscard]] inline std::size_t field_name_length(std::string_view text) {
#ifdef __SSE2__
  if (text.size() >= 16) {
    auto const other = not_in_names(_mm_loadu_si128(reinterpret_cast<__m128i const*>(text.data())));
    if (other != 0) {
      auto const length = static_cast<std::size_t>(std::countr_zero(other));
      if (text.data()[length] == ':') return length;
    }
  }
#endif
  return token_length(text);
}

/// How many bytes at the front of `text` are visible ASCII, but neither '?' nor '#'.
[[nodiscard]] inline std::size_t target_part_length(std::string_view text) {
  std::size_t length = 0;
#ifdef __SSE2__
  length = blocks_length(text, [](__m128i bytes) {
    auto const visible = within(bytes, 0x21, 0x7E);
    return bits(_mm_andnot_si128(_mm_or_si128(equal(bytes, '?'), equal(bytes, '#')), visible)) ^ 0xFFFFU;
  });
#endif
  while (length < text.size() && is_a(text[length], kVchar) && text[length] != '?' && text[length] != '#') ++length;
  return length;
}

}  // namespace inferway::http
