#include "inferway/http/frame_scanner.hpp"

#include <algorithm>

namespace inferway::http {

namespace {

constexpr unsigned kOpcode = 0x0F;
constexpr unsigned kClose = 0x8;
constexpr unsigned kMasked = 0x80;
constexpr unsigned kLength = 0x7F;
constexpr std::uint8_t kMaskBytes = 4;

}  // namespace

void FrameScanner::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (head_bytes_ > 0 || payload_left_ == 0) {
      take_head_byte(static_cast<unsigned char>(bytes.front()));
      bytes.remove_prefix(1);
    } else {
      auto const skipped = std::min<std::uint64_t>(payload_left_, bytes.size());
      payload_left_ -= skipped;
      bytes.remove_prefix(static_cast<std::size_t>(skipped));
    }
    if (at_boundary() && is_close_) closed_ = true;
  }
}

void FrameScanner::take_head_byte(unsigned char byte) {
  ++head_bytes_;
  if (head_bytes_ == 1) {
    is_close_ = (byte & kOpcode) == kClose;
    head_size_ = 2;
    return;
  }
  if (head_bytes_ == 2) {
    unsigned const length = byte & kLength;
    length_end_ = length == 127 ? 10 : length == 126 ? 4 : 2;
    payload_left_ = length < 126 ? length : 0;
    head_size_ = (byte & kMasked) != 0 ? static_cast<std::uint8_t>(length_end_ + kMaskBytes) : length_end_;
  } else if (head_bytes_ <= length_end_) {
    payload_left_ = payload_left_ << 8U | byte;
  }
  if (head_bytes_ == head_size_) head_bytes_ = 0;
}

}  // namespace inferway::http
