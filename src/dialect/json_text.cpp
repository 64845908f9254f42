#include "json_text.hpp"

#include "inferway/base/text.hpp"

#include <bit>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace inferway::dialect {

namespace {

/// The size of the escape at the front (a backslash); 0 when it is broken or not wholly there.
std::size_t escape_bytes(std::string_view text) {
  if (text.size() < 2) return 0;
  if (is_plain_escape(text[1])) return 2;
  if (text[1] != 'u' || text.size() < 6) return 0;
  for (std::size_t i = 2; i < 6; ++i) {
    if (hex_digit(text[i]) < 0) return 0;
  }
  return 6;
}

#ifdef __SSE2__

/// 16 bytes, and which of them are what: bit i tells of byte i.
class Block {
 public:
  explicit Block(char const* at) : bytes_(_mm_loadu_si128(reinterpret_cast<__m128i const*>(at))) {}

  [[nodiscard]] unsigned backslashes() const { return bits(equal('\\')); }
  [[nodiscard]] unsigned ends() const { return bits(either(equal('"'), controls())); }
  [[nodiscard]] unsigned ends_and_backslashes() const {
    return bits(either(equal('\\'), either(equal('"'), controls())));
  }
  /// What may stand behind a backslash, 'u' excepted.
  [[nodiscard]] unsigned plain_escapes() const {
    auto const characters = either(either(equal('"'), equal('\\')), either(equal('/'), equal('b')));
    auto const spaces = either(either(equal('f'), equal('n')), either(equal('r'), equal('t')));
    return bits(either(characters, spaces));
  }

 private:
  [[nodiscard]] __m128i equal(char c) const { return _mm_cmpeq_epi8(bytes_, _mm_set1_epi8(c)); }
  [[nodiscard]] __m128i controls() const { return _mm_cmpeq_epi8(_mm_min_epu8(bytes_, _mm_set1_epi8(0x1F)), bytes_); }
  static __m128i either(__m128i a, __m128i b) { return _mm_or_si128(a, b); }
  static unsigned bits(__m128i mask) { return static_cast<unsigned>(_mm_movemask_epi8(mask)); }

  __m128i bytes_;
};

/// Which bytes of a block a backslash escapes. `open` is 1 when the last byte before the block is a backslash that
/// escapes; it becomes what the next block needs. Backslashes pair up from the first of each row on: adding a row that
/// begins at an odd bit to itself carries to its end, and tells odd rows from even ones without a branch.
unsigned escaped_bytes(unsigned backslash, unsigned& open) {
  constexpr unsigned kEven = 0x5555;
  backslash &= ~open;
  auto const behind = (backslash << 1U) | open;
  auto const odd_rows = backslash & ~kEven & ~behind;
  auto const sum = odd_rows + backslash;
  open = sum >> 16U;
  return (kEven ^ (sum << 1U)) & behind & 0xFFFF;
}

#endif

bool is_plain(char c) { return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20; }

/// How many bytes from the front are plain or escapes of two bytes. Text with an escape each few bytes (code) is passed
/// over 16 bytes at a time, too. Stops at a quote, a control, and the backslash of any other escape.
std::size_t bytes_of_plain_escapes(std::string_view text) {
  std::size_t at = 0;
#ifdef __SSE2__
  unsigned open = 0;
  for (; at + 16 <= text.size(); at += 16) {
    Block const block(text.data() + at);
    auto const backslashes = block.backslashes();
    auto const ends = block.ends();
    if ((backslashes | open) == 0) {
      if (ends == 0) continue;
      return at + static_cast<std::size_t>(std::countr_zero(ends));
    }
    auto const escaped = escaped_bytes(backslashes, open);
    auto const other_escapes = escaped & ~block.plain_escapes();
    auto const stops = (ends & ~escaped) | other_escapes;
    if (stops == 0) continue;
    auto const first = static_cast<unsigned>(std::countr_zero(stops));
    return at + first - ((other_escapes >> first) & 1U);
  }
  at -= open;
#endif
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

}  // namespace

bool is_plain_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': return true;
    default: return false;
  }
}

std::size_t plain_bytes(std::string_view text) {
  std::size_t at = 0;
#ifdef __SSE2__
  for (; at + 16 <= text.size(); at += 16) {
    auto const stops = Block(text.data() + at).ends_and_backslashes();
    if (stops != 0) return at + static_cast<std::size_t>(std::countr_zero(stops));
  }
#endif
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

std::size_t bytes_with_escapes(std::string_view text) {
  for (std::size_t at = 0;;) {
    at += bytes_of_plain_escapes(text.substr(at));
    if (at == text.size() || text[at] != '\\') return at;
    // Where there is one such escape there are many: text that is not ASCII.
    while (at < text.size() && text[at] == '\\') {
      auto const escape = escape_bytes(text.substr(at));
      if (escape == 0) return at;
      at += escape;
    }
  }
}

}  // namespace inferway::dialect
