#include "byte_search.hpp"

#ifdef __SSE2__
#include <bit>
#include <emmintrin.h>
#endif

namespace inferway::dialect {

std::size_t bytes_before_either(std::string_view text, char a, char b) {
  std::size_t at = 0;
#ifdef __SSE2__
  auto const a_16 = _mm_set1_epi8(a);
  auto const b_16 = _mm_set1_epi8(b);
  for (; at + 16 <= text.size(); at += 16) {
    auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(text.data() + at));
    auto const found = _mm_or_si128(_mm_cmpeq_epi8(bytes, a_16), _mm_cmpeq_epi8(bytes, b_16));
    auto const mask = static_cast<unsigned>(_mm_movemask_epi8(found));
    if (mask != 0) return at + static_cast<std::size_t>(std::countr_zero(mask));
  }
#endif
  while (at < text.size() && text[at] != a && text[at] != b) ++at;
  return at;
}

}  // namespace inferway::dialect
