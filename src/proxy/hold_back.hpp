#pragma once

#include "inferway/dialect/stream_error.hpp"
#include "inferway/dialect/stream_events.hpp"
#include "inferway/http/event_scanner.hpp"
#include "inferway/net/blocks.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace inferway::proxy {

/// Keeps the beginning of an event stream until it has content: what only says that an answer has begun may still be
/// replaced by another try's. Bounded: beyond kMaxBytes or kMaxEvents all of it counts as content.
class HoldBack {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024;
  static constexpr std::size_t kMaxEvents = 64;

  enum class Found : std::uint8_t {
    nothing,  ///< worth to be shown
    content,
    error,   ///< an error event of the backend's: error() is what it says
    broken,  ///< an event whose data is not what the API's streams consist of
  };

  HoldBack(http::StreamApi api, net::BlockPool& pool) : api_(api), scanner_(api), reader_(api), held_(pool) {}

  /// The next piece of the stream; the earlier ones are kept. To be fed no more once it found something.
  [[nodiscard]] Found feed(std::span<std::string_view const> pieces);

  /// All that was fed.
  [[nodiscard]] std::string_view held() const { return held_.view(); }
  [[nodiscard]] dialect::StreamError const& error() const { return error_; }
  /// An end of the body now would be a cut.
  [[nodiscard]] bool end_is_cut() const { return scanner_.has_terminal() && !scanner_.finished(); }

 private:
  [[nodiscard]] Found look(std::string_view run);

  http::StreamApi api_;
  http::EventScanner scanner_;
  dialect::EventReader reader_;
  net::Buffer held_;
  std::size_t looked_at_ = 0;  ///< of held_: whole events
  std::size_t events_ = 0;
  dialect::StreamError error_;
};

}  // namespace inferway::proxy
