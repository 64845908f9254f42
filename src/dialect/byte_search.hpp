#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace inferway::dialect {

/// How many bytes from the front are neither `a` nor `b`. As fast as memory for long runs.
[[nodiscard]] std::size_t bytes_before_either(std::string_view text, char a, char b);

/// Bytes looked at together.
inline constexpr std::size_t kBlock = 16;

/// Which of the first kBlock bytes of `text` cannot stand plainly in a JSON string (a quote, a backslash, a control
/// below 0x20): bit i tells of byte i. Precondition: there are as many. Here, so that a caller's loop holds it.
[[nodiscard]] inline std::uint32_t string_specials(std::string_view text) {
#ifdef __SSE2__
  auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(text.data()));
  auto const quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  auto const backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  auto const control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
  auto const special = _mm_or_si128(_mm_or_si128(quote, backslash), control);
  return static_cast<std::uint32_t>(_mm_movemask_epi8(special));
#else
  std::uint32_t found = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    bool const special = text[i] == '"' || text[i] == '\\' || static_cast<unsigned char>(text[i]) < 0x20;
    found |= static_cast<std::uint32_t>(special) << i;
  }
  return found;
#endif
}

}  // namespace inferway::dialect
