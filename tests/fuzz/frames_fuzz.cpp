// WebSocket frames that pass: where they begin and end is the same however they are cut, and as a plain reader says.

#include "fuzz.hpp"
#include "inferway/http/frame_scanner.hpp"

#include <cstdint>

namespace inferway::fuzz {

namespace {

struct Reading {
  bool at_boundary = true;
  bool closed = false;
  bool operator==(Reading const&) const = default;
};

Reading read(Pieces const& pieces) {
  http::FrameScanner scanner;
  for (auto const& piece : pieces) scanner.feed(view(piece));
  return {.at_boundary = scanner.at_boundary(), .closed = scanner.closed()};
}

/// RFC 6455 section 5.2, frame by frame.
Reading read_plainly(std::string_view text) {
  Reading out;
  auto const byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  while (!text.empty()) {
    out.at_boundary = false;
    if (text.size() < 2) return out;
    std::uint64_t length = byte(1) & 0x7FU;
    std::size_t size = 2;
    if (length >= 126) {
      std::size_t const digits = length == 126 ? 2 : 8;
      if (text.size() < 2 + digits) return out;
      length = 0;
      for (; size < 2 + digits; ++size) length = length << 8U | byte(size);
    }
    if ((byte(1) & 0x80U) != 0) size += 4;
    if (text.size() < size || text.size() - size < length) return out;
    out.closed = out.closed || (byte(0) & 0x0FU) == 8;
    out.at_boundary = true;
    text.remove_prefix(size + static_cast<std::size_t>(length));
  }
  return out;
}

}  // namespace

void one_input(std::string_view input) {
  auto const text = arrivals(input);
  must(read_alike(text, read) == read_plainly(text.whole), "frames are where a plain reader finds them");
}

}  // namespace inferway::fuzz
