#include "json_text.hpp"

#include "byte_search.hpp"
#include "inferway/base/text.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace inferway::dialect {

namespace {

bool is_plain(char c) { return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20; }

/// The size of the escape at the front; 0 when there is none, or it is broken or not wholly there.
std::size_t escape_bytes(std::string_view text) {
  if (text.size() < 2 || text[0] != '\\') return 0;
  if (is_plain_escape(text[1])) return 2;
  if (text[1] != 'u' || text.size() < 6) return 0;
  for (std::size_t i = 2; i < 6; ++i) {
    if (hex_digit(text[i]) < 0) return 0;
  }
  return 6;
}

/// The bytes that filler_bytes() passes over. All others outside strings are structure or no JSON: a comment or a
/// single quote, which lenient parsers take, could hide quotes and brackets from us.
constexpr auto kFiller = [] {
  std::array<bool, 256> table{};
  for (char const c : std::string_view(" \t\n\r,:+-.0123456789")) table[static_cast<unsigned char>(c)] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = true;
  return table;
}();

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

bool is_json_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_scalar_byte(char c) {
  return kFiller[static_cast<unsigned char>(c)] && !is_json_space(c) && c != ',' && c != ':';
}

std::size_t string_bytes(std::string_view text) {
  std::size_t at = 0;
  while (at + kBlock <= text.size()) {
    // All escapes that begin in a block, in one look at it: code has one every few bytes.
    std::size_t passed = kBlock;
    for (auto specials = string_specials(text.substr(at)); specials != 0;) {
      auto const special = static_cast<std::size_t>(std::countr_zero(specials));
      auto const escape = escape_bytes(text.substr(at + special));
      if (escape == 0) return at + special;
      auto const behind = special + escape;
      passed = std::max(passed, behind);
      specials = behind < kBlock ? specials & (~0U << behind) : 0;
    }
    at += passed;
  }
  while (at < text.size()) {
    auto const taken = is_plain(text[at]) ? 1 : escape_bytes(text.substr(at));
    if (taken == 0) break;
    at += taken;
  }
  return at;
}

std::size_t filler_bytes(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && kFiller[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

}  // namespace inferway::dialect
