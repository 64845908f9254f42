#pragma once

#include "clock.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// An SSE event of a fixed size that bears its number in the stream and when it was sent.
class Event {
 public:
  static constexpr std::size_t kSize = 234;
  static constexpr std::string_view kDone = "data: [DONE]\n\n";

  Event();

  /// The event as one chunk of a chunked body; valid up to the next call.
  std::string_view chunk(std::uint64_t number, Nanos sent);

 private:
  std::string chunk_;
};

/// Holds a stream of events to what was sent: each there, in order, byte for byte, and [DONE] at the end.
class EventReader {
 public:
  enum class Step : std::uint8_t { need_more, event, done, wrong };

  /// The next event in `bytes`, which loses it.
  Step next(std::string_view& bytes, std::uint64_t events_in_stream);

  Nanos sent() const { return sent_; }
  std::uint64_t events() const { return events_; }
  void restart() { *this = {}; }

 private:
  Step check(std::string_view event, std::uint64_t events_in_stream);

  std::string partial_;
  std::uint64_t events_ = 0;
  Nanos sent_ = 0;
};

}  // namespace bench
