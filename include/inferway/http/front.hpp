#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace inferway::http {

/// The front of a text that may be longer than we care for. One byte more than `Max` is kept, so that what is longer is
/// equal to nothing that is not.
template <std::size_t Max>
class Front {
  static_assert(Max < 0xFF);

 public:
  void clear() { size_ = 0; }
  void append(std::string_view more) {
    auto const taken = more.substr(0, bytes_.size() - size_);
    std::ranges::copy(taken, bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ = static_cast<std::uint8_t>(size_ + taken.size());
  }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  /// No more is kept.
  [[nodiscard]] bool full() const { return size_ == bytes_.size(); }
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, Max + 1> bytes_{};
  std::uint8_t size_ = 0;  // a byte: each open stream has about ten of these
};

}  // namespace inferway::http
