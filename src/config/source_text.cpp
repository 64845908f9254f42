#include "source_text.hpp"

#include <cstddef>

namespace inferway::config {
namespace {

/// Length of the well-formed UTF-8 sequence at the front of `text` (Unicode table 3-7), 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  auto const in = [&](std::size_t i, unsigned low, unsigned high) {
    if (i >= text.size()) return false;
    auto const byte = static_cast<unsigned char>(text[i]);
    return byte >= low && byte <= high;
  };
  auto const tail = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      if (!in(i, 0x80, 0xBF)) return false;
    }
    return true;
  };
  if (in(0, 0x00, 0x7F)) return 1;
  if (in(0, 0xC2, 0xDF)) return tail(1, 2) ? 2 : 0;
  if (in(0, 0xE0, 0xEF)) {
    unsigned const low = in(0, 0xE0, 0xE0) ? 0xA0 : 0x80;   // no overlong form
    unsigned const high = in(0, 0xED, 0xED) ? 0x9F : 0xBF;  // no surrogate
    return in(1, low, high) && tail(2, 3) ? 3 : 0;
  }
  if (in(0, 0xF0, 0xF4)) {
    unsigned const low = in(0, 0xF0, 0xF0) ? 0x90 : 0x80;
    unsigned const high = in(0, 0xF4, 0xF4) ? 0x8F : 0xBF;
    return in(1, low, high) && tail(2, 4) ? 4 : 0;
  }
  return 0;
}

bool is_forbidden_control(char c) {
  auto const byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

}  // namespace

std::optional<Problem> find_bad_character(std::string_view text) {
  Position position{1, 1};
  while (!text.empty()) {
    auto const length = sequence_length(text);
    if (length == 0) return Problem{position, "the file is not UTF-8 from here on"};
    if (is_forbidden_control(text.front()))
      return Problem{position, "a control character does not belong in this file"};
    if (text.front() == '\n') {
      ++position.line;
      position.column = 1;
    } else {
      position.column += static_cast<int>(length);
    }
    text.remove_prefix(length);
  }
  return std::nullopt;
}

}  // namespace inferway::config
