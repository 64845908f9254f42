#pragma once

#include "inferway/http/front.hpp"
#include "inferway/http/json_peek.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace inferway::http {

/// What a stream is made of, and which event ends it well.
enum class StreamApi : std::uint8_t {
  unknown,             ///< events, but no terminal one is known: the framing alone tells the end
  openai_done,         ///< chat/completions, completions: data: [DONE]
  openai_responses,    ///< response.completed | response.failed | response.incomplete
  anthropic_messages,  ///< message_stop
  gemini_generate,     ///< any chunk with a finishReason, or promptFeedback.blockReason
  ollama_lines,        ///< NDJSON: a line whose top-level "done" is true
};

/// The stream API of a request's path (any prefix before it): "/v1/chat/completions", "/v1/messages", ...
[[nodiscard]] StreamApi stream_api(std::string_view path);

/// Finds where events end in a text/event-stream (after the WHATWG rules: LF, CR or CRLF ends a line, an empty line
/// an event; a BOM at the start is skipped) or lines in NDJSON, and whether the terminal event was among them. Constant
/// memory, no allocation: of an event under way only what tells its kind is kept. Never fails: what is no event is
/// nobody's terminal event.
class EventScanner {
 public:
  explicit EventScanner(StreamApi api);

  /// Feeds the next piece of payload. Returns how many of its bytes belong to events (or lines) that are complete
  /// at that point: 0 when none ended in this piece. A CR that ends the piece counts as a line's end at once (an LF
  /// that follows in the next piece belongs to it; it may then stand in front of what comes next).
  std::size_t feed(std::string_view piece);

  /// The terminal event, or an error event of the backend's own, was complete: an end of the body now is a good end.
  [[nodiscard]] bool finished() const { return finished_ || failed_; }
  /// The backend itself sent an error event: an SSE event named error, or data (a line) with a top-level "error" that
  /// is neither null, false nor "".
  [[nodiscard]] bool failed() const { return failed_; }
  /// Whether a missing terminal event shows a cut.
  [[nodiscard]] bool has_terminal() const { return api_ != StreamApi::unknown; }
  /// Nothing of an event is open.
  [[nodiscard]] bool at_boundary() const { return at_boundary_; }
  /// How many events with data (or lines that are not empty) were complete so far.
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  enum class Line : std::uint8_t { name, data, event, other };  // what is known of the line under way

  std::size_t feed_events(std::string_view piece);
  std::size_t feed_lines(std::string_view piece);
  std::optional<std::size_t> whole_line(std::string_view line, bool names_error, std::string_view behind);
  void take(std::string_view part);
  std::string_view take_name(std::string_view part);
  void settle_name();
  void take_value(std::string_view part);
  [[nodiscard]] bool end_line();
  void begin_data();
  void take_data(std::string_view part);
  [[nodiscard]] bool may_matter(std::string_view data) const;
  void end_event();

  StreamApi api_;
  bool finished_ = false;
  bool failed_ = false;
  bool at_boundary_ = true;
  bool after_cr_ = false;  ///< the piece before ended in a CR: an LF now is the rest of that line's end
  bool start_of_stream_ = true;
  // The line under way.
  Line line_ = Line::name;
  bool line_begun_ = false;
  bool space_due_ = false;    ///< behind the colon: one space is not part of the value
  std::uint32_t events_ = 0;  ///< in what would be padding: there is a scanner for each stream, and most of them idle
  Front<5> name_;
  // The event under way.
  bool has_data_ = false;
  bool peeked_ = false;
  Front<24> event_;
  Front<6> data_;  ///< the data's front
  JsonPeek peek_;
};

}  // namespace inferway::http
