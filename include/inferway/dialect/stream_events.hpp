#pragma once

#include "inferway/http/event_scanner.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The events of a stream one by one, and what each of them means to whoever relays it.
namespace inferway::dialect {

/// One SSE event, or one line of NDJSON. The views hold until the reader's next call, and no longer than the bytes it
/// was fed. Events without data (comments, blank lines) are none to clients, but their bytes belong to the stream.
struct Event {
  std::string_view name;  ///< of its "event:" line; "" without one
  std::string_view data;  ///< lines joined by LF; for NDJSON the line without its end
  std::string_view raw;   ///< all its bytes, its end included
  bool has_data = false;  ///< without it clients see no event (WHATWG)
};

/// Takes a stream apart, after the WHATWG rules (LF, CR or CRLF ends a line, an empty line an event; a BOM at the
/// stream's start is skipped; comments; one space behind a colon is not part of the value). Fed run by run, where a run
/// ends at a byte that http::EventScanner names: every event in it is whole. The raw bytes of the events are the run.
class EventReader {
 public:
  explicit EventReader(http::StreamApi api) : lines_(api == http::StreamApi::ollama_lines) {}

  /// The next run, in one piece of memory that stays until all its events were read.
  void feed(std::string_view run);
  /// The next event of the run; nothing when no whole one is left.
  [[nodiscard]] std::optional<Event> next();
  /// What is left of the run: an event that lacks its end, when next() has none.
  [[nodiscard]] std::string_view rest() const { return run_; }

 private:
  [[nodiscard]] std::optional<Event> next_line();

  bool lines_;
  bool start_of_stream_ = true;
  bool after_cr_ = false;  ///< the run before ended in a CR: an LF now is the rest of that line's end
  std::string_view run_;
  std::string joined_;  ///< data of more than one line
};

/// What an event means for the answer it belongs to.
enum class EventKind : std::uint8_t {
  lifecycle,  ///< carries no content: another try's stream may still take this one's place
  content,    ///< commits the answer; so does what is on no list of lifecycle events
  terminal,   ///< ends the stream well (a finish reason, [DONE], message_stop, ...), and commits, too
  error,      ///< the backend says that it failed
};

/// Lifecycle events are, besides those without data, of
///   chat and text completions: chunks without choices and usage, or whose choices have nothing in them but a role;
///   responses: created, queued, in_progress; output_item.added, content_part.added and reasoning_summary_part.added of
///     something empty (a function call has a name, and is content); keepalive, ping;
///   messages: message_start and content_block_start (text, thinking) of something empty, content_block_stop, ping;
///   Gemini: chunks whose candidates have no parts with anything in them, and no finishReason;
///   Ollama: lines that are not done, with nothing in them but a role.
/// Errors are SSE events named error, a top-level "error" that is neither null, false nor "", and response.failed.
[[nodiscard]] EventKind classify(http::StreamApi api, Event const& event);

/// Whether the data is what the stream's API consists of: one JSON object (or [DONE]). Official clients raise an error
/// for anything else. True for events without data, and where the API is unknown.
[[nodiscard]] bool is_well_formed(http::StreamApi api, Event const& event);

}  // namespace inferway::dialect
