#include "json_wide.hpp"

#ifdef __x86_64__

#include <bit>
#include <cstdint>
#include <immintrin.h>

#define INFERWAY_AVX2 [[gnu::target("avx2")]]

namespace inferway::dialect {

namespace {

constexpr std::size_t kHalf = 32;
constexpr std::size_t kBlock = 2 * kHalf;

bool processor_is_wide() { return __builtin_cpu_supports("avx2") != 0; }

INFERWAY_AVX2 __m256i load(char const* at) { return _mm256_loadu_si256(reinterpret_cast<__m256i const*>(at)); }
INFERWAY_AVX2 __m256i equal(__m256i bytes, char c) { return _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(c)); }
/// As in JsonBlock: quotes come next to the controls, and nothing between.
INFERWAY_AVX2 __m256i turned(__m256i bytes) { return _mm256_xor_si256(bytes, _mm256_set1_epi8(2)); }
INFERWAY_AVX2 __m256i ends_of(__m256i turned_bytes) {
  return _mm256_cmpeq_epi8(_mm256_min_epu8(turned_bytes, _mm256_set1_epi8(0x20)), turned_bytes);
}
INFERWAY_AVX2 std::uint64_t bits(__m256i low, __m256i high) {
  auto const half = [](int mask) { return std::uint64_t{static_cast<std::uint32_t>(mask)}; };
  return half(_mm256_movemask_epi8(low)) | half(_mm256_movemask_epi8(high)) << kHalf;
}

/// 0 where a byte is one of "\/bfnrt and the quote: the bits of its two digits have one in common with each other only
/// there.
INFERWAY_AVX2 __m256i plain_escapes(__m256i bytes) {
  constexpr char k2 = 1;  // of what begins with that digit
  constexpr char k5 = 2;
  constexpr char k6 = 4;
  constexpr char k7 = 8;
  auto const first = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 0, k2, 0, 0, k5, k6, k7, 0, 0, 0, 0, 0, 0, 0, 0));
  auto const second =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 0, k2 | k6 | k7, 0, k7, 0, k6, 0, 0, 0, 0, 0, k5, 0, k6, k2));
  auto const high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0F));
  return _mm256_and_si256(_mm256_shuffle_epi8(first, high), _mm256_shuffle_epi8(second, bytes));
}

/// As that of json_text.cpp, for 64 bytes.
std::uint64_t escaped_bytes(std::uint64_t backslash, std::uint64_t& open) {
  constexpr std::uint64_t kEven = 0x5555'5555'5555'5555;
  backslash &= ~open;
  auto const behind = backslash << 1U | open;
  auto const odd_rows = backslash & ~kEven & ~behind;
  auto const sum = odd_rows + backslash;
  open = sum < backslash ? 1 : 0;
  return (kEven ^ (sum << 1U)) & behind;
}

INFERWAY_AVX2 std::size_t plain_end(std::string_view text, std::size_t at) {
  for (; text.size() - at >= kBlock; at += kBlock) {
    auto const low = load(text.data() + at);
    auto const high = load(text.data() + at + kHalf);
    auto const backslashes = _mm256_or_si256(equal(low, '\\'), equal(high, '\\'));
    auto const ends = ends_of(_mm256_min_epu8(turned(low), turned(high)));
    if (_mm256_movemask_epi8(_mm256_or_si256(backslashes, ends)) != 0) break;
  }
  return at;
}

INFERWAY_AVX2 std::size_t bytes_of_plain_escapes(std::string_view text) {
  std::size_t at = 0;
  std::uint64_t open = 0;
  for (; text.size() - at >= kBlock; at += kBlock) {
    auto const low = load(text.data() + at);
    auto const high = load(text.data() + at + kHalf);
    auto const backslashes = bits(equal(low, '\\'), equal(high, '\\'));
    auto const ends = bits(ends_of(turned(low)), ends_of(turned(high)));
    if ((backslashes | open | ends) == 0) continue;
    auto const escaped = escaped_bytes(backslashes, open);
    auto const none = _mm256_setzero_si256();
    auto const others = bits(_mm256_cmpeq_epi8(plain_escapes(low), none), _mm256_cmpeq_epi8(plain_escapes(high), none));
    auto const other_escapes = escaped & others;
    auto const stops = (ends & ~escaped) | other_escapes;
    if (stops == 0) continue;
    auto const first = static_cast<unsigned>(std::countr_zero(stops));
    return at + first - ((other_escapes >> first) & 1U);
  }
  return at - open;
}

}  // namespace

std::size_t wide_plain_end(std::string_view text, std::size_t at) {
  return text.size() - at >= kBlock && processor_is_wide() ? plain_end(text, at) : at;
}

std::size_t wide_bytes_of_plain_escapes(std::string_view text) {
  return text.size() >= kBlock && processor_is_wide() ? bytes_of_plain_escapes(text) : 0;
}

}  // namespace inferway::dialect

#undef INFERWAY_AVX2

#else

namespace inferway::dialect {

std::size_t wide_plain_end(std::string_view, std::size_t at) { return at; }
std::size_t wide_bytes_of_plain_escapes(std::string_view) { return 0; }

}  // namespace inferway::dialect

#endif
