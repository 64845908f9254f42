#include "byte_search.hpp"

#include <bit>

namespace inferway::dialect {

std::size_t bytes_before_either(std::string_view text, char a, char b) {
  std::size_t at = 0;
#ifdef __SSE2__
  auto const all_a = _mm_set1_epi8(a);
  auto const all_b = _mm_set1_epi8(b);
  for (; at + kBlock <= text.size(); at += kBlock) {
    auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(text.data() + at));
    auto const either = _mm_or_si128(_mm_cmpeq_epi8(bytes, all_a), _mm_cmpeq_epi8(bytes, all_b));
    auto const found = static_cast<std::uint32_t>(_mm_movemask_epi8(either));
    if (found != 0) return at + static_cast<std::size_t>(std::countr_zero(found));
  }
#endif
  while (at < text.size() && text[at] != a && text[at] != b) ++at;
  return at;
}

}  // namespace inferway::dialect
