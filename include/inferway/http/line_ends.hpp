#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace inferway::http {

/// Where the lines of a head end, at their CR. They are looked for ahead, some lines at one go, so that whoever finds
/// the head's end hands on to the parser what it met on the way, and each byte is looked at once.
class LineEnds {
 public:
  static constexpr std::size_t kAhead = 48;  ///< lines at one go

  /// Looks at `bytes` from `from` on, which is not the LF of a line's end, as far as the head's empty line, or kAhead
  /// lines, or a byte that may not be part of a field value and ends no line, or the end. Returns where that stands.
  std::size_t look(std::string_view bytes, std::size_t from);

  /// Goes to the front of a head of that size, if the last look() went from its front to its empty line; else forgets
  /// what it met.
  void rewind(std::size_t head_size) {
    taken_ = 0;
    if (begin_ != 0 || count_ == 0 || places_[count_ - 1] + 2 != head_size) count_ = 0;
  }

  /// Where the next byte at `from` or behind it stands that may not be part of a field value: the line's CR, if all is
  /// well. The size of the text if there is none. `from` is in the line behind the answer of the last call.
  [[nodiscard]] std::size_t next(std::string_view bytes, std::size_t from) {
    while (taken_ < count_) {
      auto const place = places_.data()[taken_++];
      if (place >= from) return place;
    }
    look(bytes, from);
    return places_[taken_++];
  }

 private:
  std::size_t begin_ = 0;  ///< where the last look() began
  std::size_t count_ = 0;
  std::size_t taken_ = 0;
  std::array<std::size_t, kAhead> places_;  // filled by look()
};

}  // namespace inferway::http
