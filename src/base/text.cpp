#include "inferway/base/text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <numeric>
#include <vector>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace inferway {

bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), to_lower);
  return out;
}

std::string_view trim(std::string_view text) {
  auto const blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool glob_match(std::string_view pattern, std::string_view text) {
  // The classic two-pointer walk: on a mismatch, let the last star swallow one character more.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t swallowed = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      swallowed = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++swallowed;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t const above = row[j];
      std::size_t const substitute = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
      row[j] = std::min({above + 1, row[j - 1] + 1, substitute});
      diagonal = above;
    }
  }
  return row.back();
}

namespace {

/// How many bytes at the front of `text` are one well-formed UTF-8 sequence (Unicode table 3-7); 0 when none.
std::size_t utf8_length(std::string_view text) {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto const in = [&](std::size_t i, unsigned low, unsigned high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  unsigned const first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return in(1, 0x80, 0xBF) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    unsigned const low = first == 0xE0 ? 0xA0 : 0x80;
    unsigned const high = first == 0xED ? 0x9F : 0xBF;
    return in(1, low, high) && in(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    unsigned const low = first == 0xF0 ? 0x90 : 0x80;
    unsigned const high = first == 0xF4 ? 0x8F : 0xBF;
    return in(1, low, high) && in(2, 0x80, 0xBF) && in(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    auto const length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

namespace {

/// What stands in a JSON string as it is. (Bytes above ASCII do so too, but only as whole UTF-8 sequences.)
constexpr bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

#ifdef __SSE2__  // which every x86-64 has
/// A bit for each of the 16 bytes that is not plain.
unsigned not_plain(__m128i bytes) {
  // Signed, so that what is not ASCII is below a space too.
  auto const low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
  auto const quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  auto const backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  auto const deletes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F));
  auto const all = _mm_or_si128(_mm_or_si128(low, deletes), _mm_or_si128(quotes, backslashes));
  return static_cast<unsigned>(_mm_movemask_epi8(all));
}

template <typename Piece>
Piece load(char const* from) {
  Piece piece;
  std::memcpy(&piece, from, sizeof piece);
  return piece;
}

/// Copies the text, and tells whether all of it is plain (else the copy is of no use). What is left behind steps of 16
/// bytes, and a shorter text, is two pieces that overlap: no loop over single bytes, no call.
bool copied_plain(char* out, std::string_view text) {
  auto const size = text.size();
  auto const copy = [&]<typename Piece>(std::size_t at, Piece) {
    auto const piece = load<Piece>(text.data() + at);
    std::memcpy(out + at, &piece, sizeof piece);
    return piece;
  };
  if (size >= 16) {
    for (std::size_t at = 0; at < size - 16; at += 16) {
      if (not_plain(copy(at, __m128i())) != 0) return false;
    }
    return not_plain(copy(size - 16, __m128i())) == 0;
  }
  if (size >= 8) {
    auto const front = copy(0, std::int64_t());
    return not_plain(_mm_set_epi64x(front, copy(size - 8, std::int64_t()))) == 0;
  }
  if (size >= 4) {
    auto const front = copy(0, std::int32_t());
    auto const back = copy(size - 4, std::int32_t());
    return not_plain(_mm_set_epi32(front, back, front, back)) == 0;
  }
  for (std::size_t at = 0; at < size; ++at) {
    if (!is_plain(copy(at, char()))) return false;
  }
  return true;
}
#else
bool copied_plain(char*, std::string_view) { return false; }
#endif

/// The length of the run of plain characters at the front.
std::size_t plain_length(std::string_view text) {
  std::size_t length = 0;
#ifdef __SSE2__
  for (; text.size() - length >= 16; length += 16) {
    auto const mask = not_plain(load<__m128i>(text.data() + length));
    if (mask != 0) return length + static_cast<std::size_t>(std::countr_zero(mask));
  }
#endif
  while (length < text.size() && is_plain(text[length])) ++length;
  return length;
}

/// What is not plain at the front of `text`: takes it off, and writes at most kMostEscaped bytes for each one taken.
char* write_escape(char* out, std::string_view& text) {
  static constexpr char kHex[] = "0123456789abcdef";
  auto const byte = static_cast<unsigned char>(text.front());
  auto const length = utf8_length(text);
  auto const write = [&out](std::string_view piece) { out += piece.copy(out, piece.size()); };
  if (byte == '"' || byte == '\\') {
    write("\\");
    write(text.substr(0, 1));
  } else if (byte == '\n') {
    write("\\n");
  } else if (byte < 0x20 || byte == 0x7F) {
    write("\\u00");
    *out++ = kHex[byte >> 4U];
    *out++ = kHex[byte & 0xFU];
  } else if (length == 0) {
    write("\\ufffd");
  } else {
    write(text.substr(0, length));
  }
  text.remove_prefix(std::max<std::size_t>(length, 1));
  return out;
}

/// Apart, so that a plain text does not pay for the registers that this one saves.
[[gnu::noinline]] char* write_with_escapes(char* out, std::string_view text) {
  while (true) {
    auto const run = plain_length(text);
    out += text.copy(out, run);
    if (run == text.size()) return out;
    text.remove_prefix(run);
    out = write_escape(out, text);
  }
}

}  // namespace

char* write_json_escaped(char* out, std::string_view text) {
  if (copied_plain(out, text)) return out + text.size();  // as nearly all texts
  return write_with_escapes(out, text);
}

void append_json_escaped(std::string& out, std::string_view text) {
  while (true) {
    auto const run = plain_length(text);
    out.append(text.substr(0, run));
    if (run == text.size()) return;
    text.remove_prefix(run);
    std::array<char, 4 * kMostEscaped> escape;
    auto* const end = write_escape(escape.data(), text);
    out.append(escape.data(), static_cast<std::size_t>(end - escape.data()));
  }
}

}  // namespace inferway
