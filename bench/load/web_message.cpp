#include "web_message.hpp"

#include <array>
#include <cstring>

namespace bench {
namespace {

constexpr std::array<char, 4> kMask = {'\x1d', '\x2c', '\x3b', '\x4a'};
constexpr std::size_t kNumberSize = sizeof(std::uint64_t);

}  // namespace

WebMessage::WebMessage(From from) : payload_at_(from == From::client ? 8 : 4), mask_(0) {
  frame_ = {'\x82', '\x7e', '\x00', '\xc8'};  // a whole binary message of 200 bytes
  if (from == From::client) {
    frame_[1] = '\xfe';
    frame_.append(kMask.data(), kMask.size());
    std::memcpy(&mask_, kMask.data(), kMask.size());
    mask_ |= mask_ << 32;
  }
  std::string const words = "audio frames or words of a conversation, as they come; ";
  for (std::size_t i = 0; i < kPayload; ++i) {
    char const plain = words[i % words.size()];
    frame_.push_back(from == From::client ? static_cast<char>(plain ^ kMask[i % kMask.size()]) : plain);
  }
}

std::string_view WebMessage::frame(std::uint64_t number) {
  number ^= mask_;
  std::memcpy(frame_.data() + payload_at_, &number, kNumberSize);
  return frame_;
}

bool WebMessage::read(std::string_view frame, std::uint64_t& number) const {
  if (frame.size() != frame_.size()) return false;
  std::memcpy(&number, frame.data() + payload_at_, kNumberSize);
  number ^= mask_;
  auto const rest = payload_at_ + kNumberSize;
  return frame.substr(0, payload_at_) == std::string_view(frame_).substr(0, payload_at_) &&
         frame.substr(rest) == std::string_view(frame_).substr(rest);
}

}  // namespace bench
