#include "word_search.hpp"

#include <cstddef>

#ifdef __SSE2__
#include <bit>
#include <emmintrin.h>
#endif

namespace inferway::http {

bool contains(std::string_view text, std::string_view word) {
  std::size_t at = 0;
#ifdef __SSE2__
  static constexpr std::size_t kStep = 16;  // places looked at together, each for two bytes
  auto const first = _mm_set1_epi8(word[0]);
  auto const second = _mm_set1_epi8(word[1]);
  auto const load = [&](std::size_t i) { return _mm_loadu_si128(reinterpret_cast<__m128i const*>(text.data() + i)); };
  auto const stands_near = [&](std::size_t i) {
    auto const pairs = _mm_and_si128(_mm_cmpeq_epi8(load(i), first), _mm_cmpeq_epi8(load(i + 1), second));
    for (auto mask = static_cast<unsigned>(_mm_movemask_epi8(pairs)); mask != 0; mask &= mask - 1) {
      if (text.substr(i + static_cast<unsigned>(std::countr_zero(mask))).starts_with(word)) return true;
    }
    return false;
  };
  if (text.size() > kStep) {
    auto const last = text.size() - kStep - 1;
    for (; at < last; at += kStep) {
      if (stands_near(at)) return true;
    }
    return stands_near(last);  // some of it for the second time
  }
#endif
  for (; at + word.size() <= text.size(); ++at) {
    if (text.substr(at).starts_with(word)) return true;
  }
  return false;
}

}  // namespace inferway::http
