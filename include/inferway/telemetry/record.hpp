#pragma once

#include "inferway/base/error.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace inferway::telemetry {

/// How much of `text` fits into `most` bytes: all of it, or what ends before the UTF-8 character that does not fit.
[[nodiscard]] constexpr std::size_t fitting(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text.size();
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return most;
}

/// A short text copied into a record without allocating; what does not fit is cut at a UTF-8 boundary.
template <std::size_t Capacity>
class ShortText {
 public:
  static constexpr std::size_t kCapacity = Capacity;
  ShortText() = default;
  ShortText(std::string_view text) { assign(text); }  // a value, as std::string
  void assign(std::string_view text) {
    auto const size = fitting(text, Capacity);
    text.copy(bytes_.data(), size);
    size_ = static_cast<std::uint16_t>(size);
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::uint16_t size_ = 0;
  std::array<char, Capacity> bytes_;  // deliberately not initialised: a record is made for every request
};

/// The same of a text that may be long but hardly ever is: up to `Inline` bytes stand in the record itself, more on the
/// heap. Every open stream bears a record, so what one request in a thousand needs is not reserved in all of them.
template <std::size_t Capacity, std::size_t Inline>
class LongText {
 public:
  static constexpr std::size_t kCapacity = Capacity;
  LongText() = default;
  LongText(std::string_view text) { assign(text); }
  // No moves: a view of the text stays right for as long as the text is not assigned to.
  LongText(LongText const& other) { *this = other; }
  LongText& operator=(LongText const& other) {
    if (this == &other) return *this;
    if (other.size_ > Inline) {
      assign(other.view());
    } else {
      size_ = other.size_;
      bytes_ = other.bytes_;  // unused bytes too: that is quicker than to ask how many there are
    }
    return *this;
  }
  ~LongText() = default;
  void assign(std::string_view text) {
    auto const size = fitting(text, Capacity);
    if (size > Inline && more_ == nullptr) more_ = std::make_unique_for_overwrite<char[]>(Capacity);
    text.copy(size > Inline ? more_.get() : bytes_.data(), size);
    size_ = static_cast<std::uint16_t>(size);
  }
  [[nodiscard]] std::string_view view() const { return {size_ > Inline ? more_.get() : bytes_.data(), size_}; }

 private:
  std::unique_ptr<char[]> more_;  ///< room for the longest text; kept once it is there
  std::uint16_t size_ = 0;
  std::array<char, Inline> bytes_;  // deliberately not initialised
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
  // Inline there is room for what is usual: an id of 36 characters, the paths of the public APIs, most models' names.
  LongText<200, 70> path;
  LongText<128, 54> model;  ///< as the client named it
  LongText<128, 38> request_id;
  LongText<120, 0> detail;    ///< the error's cause for the log
  LongText<400, 0> failures;  ///< of tries before or with that: where and why
  ShortText<16> method;
  ShortText<48> client;  ///< address without port: the peer, or whom a trusted proxy speaks for
};
static_assert(sizeof(Record) <= 400, "every open stream bears one, and a ring thousands");

}  // namespace inferway::telemetry
