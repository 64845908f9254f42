#pragma once

#include "inferway/http/event_scanner.hpp"
#include "inferway/net/blocks.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace inferway::proxy {

/// Lets an event stream through up to the end of its last whole event, so that an error event can always be placed
/// between two. What is behind waits, bounded: an event larger than kMaxHeld goes through in parts.
class EventRelay {
 public:
  static constexpr std::size_t kMaxHeld = 64 * 1024;

  EventRelay(http::StreamApi api, net::BlockPool& pool) : scanner_(api), held_(pool), sending_(pool) {}

  /// What may be sent now of what was held and `pieces`: views until the next call.
  [[nodiscard]] std::span<std::string_view const> feed(std::span<std::string_view const> pieces);
  /// The body's end: what is still held, which then is no whole event.
  [[nodiscard]] std::span<std::string_view const> rest();

  /// Whether the end of the body now is a good one, as far as its events tell. To be asked after rest().
  [[nodiscard]] bool complete() const { return !scanner_.has_terminal() || scanner_.finished(); }
  [[nodiscard]] std::uint64_t events() const { return scanner_.events(); }  ///< that have come so far
  [[nodiscard]] bool finished() const { return scanner_.finished(); }
  /// The terminal event has come: the answer is whole, whatever becomes of its framing.
  [[nodiscard]] bool done() const { return scanner_.finished() && !scanner_.failed(); }
  /// Nothing of an event went out without its end: an event of our own can be placed.
  [[nodiscard]] bool at_boundary() const { return !in_large_event_; }

 private:
  void let_go();

  http::EventScanner scanner_;
  net::Buffer held_;
  net::Buffer sending_;  ///< held bytes that are on their way
  std::vector<std::string_view> out_;
  std::vector<std::string_view> waiting_;  ///< of the call under way: behind the last end of an event
  bool in_large_event_ = false;
};

}  // namespace inferway::proxy
