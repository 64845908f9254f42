#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace inferway::http {

/// Follows one direction of a WebSocket from frame to frame without looking at what is in them. RFC 6455 section 5.2.
/// It judges nothing: masks, reserved bits and opcodes are the peers' business, and every length is one.
class FrameScanner {
 public:
  /// The next bytes as they pass. Payload is skipped: the cost is that of the frames' heads.
  void feed(std::string_view bytes);

  /// Nothing of a frame is open: a control frame may be put in here, also between two fragments of a message.
  [[nodiscard]] bool at_boundary() const { return head_bytes_ == 0 && payload_left_ == 0; }
  /// A Close frame has passed whole: nothing more may be said in this direction (section 5.5.1).
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  void take_head_byte(unsigned char byte);

  std::uint64_t payload_left_ = 0;  ///< while the head is read: the length so far
  std::uint8_t head_bytes_ = 0;     ///< of the frame's head that passed; 0: the head is complete
  std::uint8_t length_end_ = 0;     ///< where in the head the length ends
  std::uint8_t head_size_ = 0;
  bool is_close_ = false;
  bool closed_ = false;
};

}  // namespace inferway::http
