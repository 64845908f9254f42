#pragma once

#include "inferway/base/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace inferway::telemetry {

/// Every number below 100 as two digits, one behind the other.
inline constexpr auto kPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

/// Writes a line piece by piece into room made for all of it beforehand, so that no piece asks whether there is any.
/// A number needs 20 bytes at most, an escaped text kMostEscaped times its size.
class LineWriter {
 public:
  explicit LineWriter(char* at) : at_(at) {}
  [[nodiscard]] char* end() const { return at_; }

  /// A literal's copy is a few instructions, because its size is known.
  template <std::size_t Size>
  void literal(char const (&text)[Size]) {
    std::memcpy(at_, text, Size - 1);
    at_ += Size - 1;
  }
  template <std::size_t Size>
  void fixed(std::array<char, Size> const& text) {
    std::memcpy(at_, text.data(), Size);
    at_ += Size;
  }
  void raw(std::string_view text) {
    text.copy(at_, text.size());
    at_ += text.size();
  }
  void escaped(std::string_view text) { at_ = write_json_escaped(at_, text); }
  void quoted(std::string_view text) {
    *at_++ = '"';
    escaped(text);
    *at_++ = '"';
  }

  void number(std::uint64_t value) {
    auto* const end = at_ + digits(value);
    auto* at = end;
    for (; value >= 100; value /= 100) pair(at -= 2, value % 100);
    if (value >= 10) {
      pair(at - 2, value);
    } else {
      at[-1] = static_cast<char>('0' + value);
    }
    at_ = end;
  }
  /// Below 100.
  void two_digits(std::uint64_t value) {
    pair(at_, value);
    at_ += 2;
  }
  /// Below 1,000.
  void three_digits(std::uint64_t value) {
    *at_++ = static_cast<char>('0' + value / 100);
    two_digits(value % 100);
  }
  /// With three decimals: microseconds are what a gateway's share is told in. Below zero counts as zero.
  void milliseconds(std::chrono::nanoseconds duration) {
    auto const us = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0)) / 1'000;
    number(us / 1'000);
    *at_++ = '.';
    three_digits(us % 1'000);
  }

 private:
  static void pair(char* at, std::uint64_t value) { std::memcpy(at, kPairs.data() + 2 * value, 2); }
  static std::size_t digits(std::uint64_t value) {
    std::size_t count = 1;
    for (; value >= 10'000; value /= 10'000) count += 4;
    if (value >= 1'000) return count + 3;
    if (value >= 100) return count + 2;
    return value >= 10 ? count + 1 : count;
  }

  char* at_;
};

}  // namespace inferway::telemetry
