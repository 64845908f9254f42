#include "byte_search.hpp"

#include <bit>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace inferway::dialect {

namespace {

/// How many bytes from the front are not special: `find_16` gives a mask of the special ones among 16 bytes,
/// `is_special` tells of one.
template <typename Find16, typename IsSpecial>
std::size_t bytes_before([[maybe_unused]] Find16 find_16, IsSpecial is_special, std::string_view text) {
  std::size_t at = 0;
#ifdef __SSE2__
  for (; at + 16 <= text.size(); at += 16) {
    auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(text.data() + at));
    auto const mask = static_cast<unsigned>(_mm_movemask_epi8(find_16(bytes)));
    if (mask != 0) return at + static_cast<std::size_t>(std::countr_zero(mask));
  }
#endif
  while (at < text.size() && !is_special(text[at])) ++at;
  return at;
}

}  // namespace

std::size_t bytes_before_either(std::string_view text, char a, char b) {
  auto const find_16 = [&]([[maybe_unused]] auto bytes) {
#ifdef __SSE2__
    return _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(a)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b)));
#endif
  };
  return bytes_before(find_16, [&](char c) { return c == a || c == b; }, text);
}

std::size_t bytes_before_quote_backslash_or_control(std::string_view text) {
  auto const find_16 = []([[maybe_unused]] auto bytes) {
#ifdef __SSE2__
    auto const quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    auto const backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    auto const control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    return _mm_or_si128(_mm_or_si128(quote, backslash), control);
#endif
  };
  auto const is_special = [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; };
  return bytes_before(find_16, is_special, text);
}

}  // namespace inferway::dialect
