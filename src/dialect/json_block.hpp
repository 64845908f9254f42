#pragma once

#ifdef __SSE2__

#include <cstddef>
#include <emmintrin.h>

namespace inferway::dialect {

/// 16 bytes of a JSON text, and which of them are what: bit i tells of byte i.
class JsonBlock {
 public:
  static constexpr std::size_t kBytes = 16;

  explicit JsonBlock(char const* at) : bytes_(_mm_loadu_si128(reinterpret_cast<__m128i const*>(at))) {}

  [[nodiscard]] unsigned backslashes() const { return bits(equal('\\')); }
  /// Quotes and controls.
  [[nodiscard]] unsigned ends() const { return bits(ends_of(turned())); }
  [[nodiscard]] unsigned ends_and_backslashes() const { return bits(either(equal('\\'), ends_of(turned()))); }
  /// Whether there is neither in this block nor the other.
  [[nodiscard]] bool is_plain_with(JsonBlock other) const {
    auto const backslashes = either(equal('\\'), other.equal('\\'));
    return bits(either(backslashes, ends_of(_mm_min_epu8(turned(), other.turned())))) == 0;
  }
  /// What may stand behind a backslash, 'u' excepted.
  [[nodiscard]] unsigned plain_escapes() const {
    auto const characters = either(either(equal('"'), equal('\\')), either(equal('/'), equal('b')));
    auto const spaces = either(either(equal('f'), equal('n')), either(equal('r'), equal('t')));
    return bits(either(characters, spaces));
  }

 private:
  [[nodiscard]] __m128i equal(char c) const { return _mm_cmpeq_epi8(bytes_, _mm_set1_epi8(c)); }
  /// With its second bit turned over, the quote (0x22) comes next to the controls (below 0x20), and nothing between.
  [[nodiscard]] __m128i turned() const { return _mm_xor_si128(bytes_, _mm_set1_epi8(2)); }
  static __m128i ends_of(__m128i turned) { return _mm_cmpeq_epi8(_mm_min_epu8(turned, _mm_set1_epi8(0x20)), turned); }
  static __m128i either(__m128i a, __m128i b) { return _mm_or_si128(a, b); }
  static unsigned bits(__m128i mask) { return static_cast<unsigned>(_mm_movemask_epi8(mask)); }

  __m128i bytes_;
};

}  // namespace inferway::dialect

#endif
