#include "white_end.hpp"

namespace inferway::dialect {

namespace {

/// One character of a JSON string's inside.
struct Character {
  std::size_t bytes = 1;
  char white = '\0';  ///< what it says, when it is white space
};

Character first_character(std::string_view raw) {
  static constexpr std::string_view kUnicode = "\\u00";
  char const c = raw.front();
  if (c == ' ') return {.white = ' '};
  if (c != '\\' || raw.size() < 2) return {};
  switch (raw[1]) {
    case 'n': return {.bytes = 2, .white = '\n'};
    case 'r': return {.bytes = 2, .white = '\r'};
    case 't': return {.bytes = 2, .white = '\t'};
    case 'u': break;
    default: return {.bytes = 2};
  }
  auto const code = raw.substr(0, 6);
  if (!code.starts_with(kUnicode)) return {.bytes = code.size()};
  auto const digits = code.substr(kUnicode.size());
  if (digits == "20") return {.bytes = 6, .white = ' '};
  if (digits == "09") return {.bytes = 6, .white = '\t'};
  if (digits == "0a" || digits == "0A") return {.bytes = 6, .white = '\n'};
  if (digits == "0d" || digits == "0D") return {.bytes = 6, .white = '\r'};
  return {.bytes = code.size()};
}

}  // namespace

std::string_view without_white_end(std::string_view raw) {
  std::size_t solid = 0;
  // From the front: from the end one cannot tell an escape from a backslash with an n behind it.
  for (std::size_t at = 0; at < raw.size();) {
    auto const character = first_character(raw.substr(at));
    at += character.bytes;
    if (character.white == '\0') solid = at;
  }
  return raw.substr(0, solid);
}

std::string white_end(std::string_view raw) {
  std::string white;
  for (raw.remove_prefix(without_white_end(raw).size()); !raw.empty();) {
    auto const character = first_character(raw);
    white += character.white;
    raw.remove_prefix(character.bytes);
  }
  return white;
}

std::size_t repeated_white(std::string_view raw, std::string& white) {
  std::size_t at = 0;
  std::size_t found = 0;
  while (at < raw.size() && found < white.size()) {
    auto const character = first_character(raw.substr(at));
    if (character.white != white[found]) {
      white.clear();
      return at;
    }
    at += character.bytes;
    ++found;
  }
  white.erase(0, found);
  return at;
}

}  // namespace inferway::dialect
