#include "json_text.hpp"

#include "inferway/base/text.hpp"
#include "json_wide.hpp"

#include <bit>

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

/// How many bytes from the front are plain or escapes of two bytes. Text with an escape each few bytes (code) is passed
/// over 16 bytes at a time, too. Stops at a quote, a control, and the backslash of any other escape.
std::size_t bytes_of_plain_escapes(std::string_view text) {
  std::size_t at = wide_bytes_of_plain_escapes(text);
#ifdef __SSE2__
  unsigned open = 0;
  for (; at + JsonBlock::kBytes <= text.size(); at += JsonBlock::kBytes) {
    JsonBlock const block(text.data() + at);
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

std::size_t plain_end_of_long(std::string_view text, std::size_t at) {
  at = wide_plain_end(text, at);
#ifdef __SSE2__
  constexpr auto kBytes = JsonBlock::kBytes;
  while (at + 2 * kBytes <= text.size() &&
         JsonBlock(text.data() + at).is_plain_with(JsonBlock(text.data() + at + kBytes))) {
    at += 2 * kBytes;
  }
  for (; at + kBytes <= text.size(); at += kBytes) {
    auto const stops = JsonBlock(text.data() + at).ends_and_backslashes();
    if (stops != 0) return at + static_cast<std::size_t>(std::countr_zero(stops));
  }
  if (text.size() >= kBytes) {
    // The last block, perhaps some of it once more.
    auto const last = text.size() - kBytes;
    auto const stops = JsonBlock(text.data() + last).ends_and_backslashes() >> (at - last);
    return stops != 0 ? at + static_cast<std::size_t>(std::countr_zero(stops)) : text.size();
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
