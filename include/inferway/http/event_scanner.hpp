#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
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
/// memory: only what is needed of the line under way is kept. Never fails: what is no event is nobody's terminal event.
class EventScanner {
 public:
  explicit EventScanner(StreamApi api) : api_(api) {}

  /// Feeds the next piece of payload. Returns how many of its bytes belong to events (or lines) that are complete
  /// at that point: 0 when none ended in this piece. A CR that ends the piece counts as a line's end at once (an LF
  /// that follows in the next piece belongs to it; it may then stand in front of what comes next).
  std::size_t feed(std::string_view piece);

  /// The terminal event, or an error event of the backend's own, was complete: an end of the body now is a good end.
  [[nodiscard]] bool finished() const { return finished_ || failed_; }
  /// The backend itself sent an error event (an SSE event named error, data with a top-level "error" object or
  /// string; a line with a top-level "error").
  [[nodiscard]] bool failed() const { return failed_; }
  /// Whether a missing terminal event shows a cut.
  [[nodiscard]] bool has_terminal() const { return api_ != StreamApi::unknown; }
  /// Nothing of an event is open.
  [[nodiscard]] bool at_boundary() const { return at_boundary_; }

 private:
  void end_line();
  void end_event();
  void classify_data(std::string_view data);

  StreamApi api_;
  bool finished_ = false;
  bool failed_ = false;
  bool at_boundary_ = true;
  bool after_cr_ = false;
  bool start_of_stream_ = true;
  bool event_finishes_ = false;
  bool event_fails_ = false;
  std::string line_;  ///< the front of a line that began in an earlier piece, bounded
};

}  // namespace inferway::http
