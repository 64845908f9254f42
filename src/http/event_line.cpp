#include "event_line.hpp"

#include "scan.hpp"

#ifdef __SSE2__
#include <immintrin.h>
#endif

namespace inferway::http {

namespace {

constexpr std::string_view kError = "\"error\"";

#ifdef __SSE2__

constexpr std::size_t kBlock = 16;
constexpr std::size_t kStep = 32;

/// How many whole steps at the front hold neither a line's end nor the front of "error". A few other controls count as
/// ends here: a comparison fewer. One byte behind each step is looked at as well.
std::size_t quiet_length(std::string_view text) {
  auto const quiet = [](char const* at) {
    auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(at));
    auto const next = _mm_loadu_si128(reinterpret_cast<__m128i const*>(at + 1));
    return _mm_or_si128(within(bytes, 0, '\r'), _mm_and_si128(equal(bytes, '"'), equal(next, 'e')));
  };
  std::size_t length = 0;
  for (; text.size() - length > kStep; length += kStep) {
    auto const* const at = text.data() + length;
    if (bits(_mm_or_si128(quiet(at), quiet(at + kBlock))) != 0) break;
  }
  return length;
}

/// The same with a third of the instructions, for a processor that has them.
[[gnu::target("avx2")]] std::size_t quiet_length_avx2(std::string_view text) {
  auto const last_end = _mm256_set1_epi8('\r');
  auto const quote = _mm256_set1_epi8('"');
  auto const e = _mm256_set1_epi8('e');
  std::size_t length = 0;
  for (; text.size() - length > kStep; length += kStep) {
    auto const* const at = text.data() + length;
    auto const bytes = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(at));
    auto const next = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(at + 1));
    auto const ends = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, last_end), bytes);
    auto const quotes = _mm256_and_si256(_mm256_cmpeq_epi8(bytes, quote), _mm256_cmpeq_epi8(next, e));
    auto const notable = _mm256_or_si256(ends, quotes);
    if (_mm256_testz_si256(notable, notable) == 0) break;
  }
  return length;
}

bool const kHasAvx2 = __builtin_cpu_supports("avx2");

/// What is notable in the block at `at`; true: the line ends in it.
bool look(std::string_view text, std::size_t at, EventLine& line) {
  auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(text.data() + at));
  auto const ends = bits(_mm_or_si128(equal(bytes, '\n'), equal(bytes, '\r')));
  auto const before = ends == 0 ? kBlock : static_cast<std::size_t>(std::countr_zero(ends));
  for (auto quotes = bits(equal(bytes, '"')); quotes != 0; quotes &= quotes - 1) {
    auto const quote = static_cast<std::size_t>(std::countr_zero(quotes));
    if (quote > before) break;
    line.names_error = line.names_error || text.substr(at + quote).starts_with(kError);
  }
  if (ends != 0) line.bytes = at + before;
  return ends != 0;
}

#endif

}  // namespace

EventLine event_line(std::string_view text) {
  EventLine line{.bytes = std::string_view::npos, .names_error = false};
  std::size_t at = 0;
#ifdef __SSE2__
  while (true) {
    auto const rest = text.substr(at);
    at += kHasAvx2 ? quiet_length_avx2(rest) : quiet_length(rest);
    if (text.size() - at <= kStep) break;
    if (look(text, at, line) || look(text, at + kBlock, line)) return line;
    at += kStep;
  }
  if (text.size() > kBlock) {
    if (text.size() - at > kBlock && look(text, at, line)) return line;
    at = text.size() - kBlock;  // some of it for the second time: no line ends there
    look(text, at, line);
    return line;
  }
#endif
  for (; at < text.size(); ++at) {
    char const c = text[at];
    if (c == '\n' || c == '\r') {
      line.bytes = at;
      break;
    }
    line.names_error = line.names_error || (c == '"' && text.substr(at).starts_with(kError));
  }
  return line;
}

}  // namespace inferway::http
