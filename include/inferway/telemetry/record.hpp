#pragma once

#include "inferway/base/error.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace inferway::telemetry {

/// A short text copied into a record without allocating; what does not fit is cut at a UTF-8 boundary.
template <std::size_t Capacity>
class ShortText {
 public:
  ShortText() = default;
  ShortText(std::string_view text) { assign(text); }  // a value, as std::string
  // Copies only the bytes in use: a record is copied for every request, and most of its room is empty.
  ShortText(ShortText const& other) : size_(other.size_) { other.view().copy(bytes_.data(), size_); }
  ShortText& operator=(ShortText const& other) {
    if (this != &other) {
      size_ = other.size_;
      other.view().copy(bytes_.data(), size_);
    }
    return *this;
  }
  ~ShortText() = default;
  void assign(std::string_view text) {
    std::size_t size = text.size() < Capacity ? text.size() : Capacity;
    if (size < text.size()) {
      while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
    }
    text.copy(bytes_.data(), size);
    size_ = static_cast<std::uint16_t>(size);
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::uint16_t size_ = 0;
  std::array<char, Capacity> bytes_;  // deliberately not initialised: a record is made for every request
};

inline constexpr std::uint32_t kNoIndex = 0xFFFFFFFF;

/// What happened to one request: exactly one is recorded for each that was read. Never a key, a query, a prompt.
struct Record {
  std::chrono::system_clock::time_point started{};
  std::chrono::nanoseconds duration{0};     ///< from the head's last byte to the answer's last
  std::chrono::nanoseconds first_byte{-1};  ///< to the first byte of the answer to the client; negative: none was sent
  // Indices into the configuration's routes, backends and keys; numbers (Numbering) once the record is finished.
  std::uint32_t route = kNoIndex;
  std::uint32_t backend = kNoIndex;  ///< of the last attempt
  std::uint32_t key = kNoIndex;      ///< the caller's
  std::int16_t status = 0;           ///< as the client saw it; 499: it was gone before the answer was complete
  std::uint16_t attempts = 0;        ///< tries upstream
  bool error_set = false;
  ErrorCode error = ErrorCode::internal;  ///< when error_set: why the gateway answered, or cut the stream
  bool streamed = false;                  ///< an event stream
  bool truncated = false;                 ///< the answer was ended abnormally after its head was sent
  bool shed = false;                      ///< refused for its priority under overload
  std::int64_t priority = 0;              ///< when shed: the one that was refused
  std::uint64_t bytes_in = 0;             ///< request body
  std::uint64_t bytes_out = 0;            ///< response body, as payload
  ShortText<16> method;
  ShortText<200> path;
  ShortText<128> model;  ///< as the client named it
  ShortText<128> request_id;
  ShortText<48> client;     ///< peer address without port
  ShortText<120> detail;    ///< the error's cause for the log
  ShortText<400> failures;  ///< of tries before or with that: where and why
};

}  // namespace inferway::telemetry
