#pragma once

#include <algorithm>
#include <cstddef>

namespace inferway::net {

/// How much to read at once of what is passed on as it comes. Each read costs a system call, and often a wake-up of
/// the sender, whose window it opens: a large body goes through at two thirds of the CPU in reads of 256 KiB. But what
/// the receiver leaves is copied aside, so it grows only while reads come full and are taken whole.
class ReadSize {
 public:
  static constexpr std::size_t kLeast = 64 * 1024;
  static constexpr std::size_t kMost = 256 * 1024;

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// In reads of the least size: so that a turn is no longer, in bytes, where reads are larger.
  [[nodiscard]] int least_reads() const { return static_cast<int>(bytes_ / kLeast); }

  /// So many bytes were read and passed on; whether the receiver took them all at once.
  void passed_on(std::size_t bytes, bool taken) {
    if (!taken) {
      bytes_ = kLeast;
    } else if (bytes >= bytes_ / 2) {  // framing and the memory of a sender's socket keep it from being quite full
      bytes_ = std::min(bytes_ * 2, kMost);
    }
  }

 private:
  std::size_t bytes_ = kLeast;
};

}  // namespace inferway::net
