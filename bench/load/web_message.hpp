#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// A WebSocket message of 200 bytes in one frame that bears its number: masked as a client sends it, plain as a server
/// does.
class WebMessage {
 public:
  static constexpr std::size_t kPayload = 200;

  enum class From : std::uint8_t { client, server };

  explicit WebMessage(From from);

  /// The frame; valid up to the next call.
  std::string_view frame(std::uint64_t number);

  std::size_t frame_size() const { return frame_.size(); }

  /// The number that a frame of this kind bears; whether all else in it is as it should be.
  bool read(std::string_view frame, std::uint64_t& number) const;

 private:
  std::size_t payload_at_;
  std::uint64_t mask_;  // the four bytes twice; 0: none
  std::string frame_;
};

}  // namespace bench
