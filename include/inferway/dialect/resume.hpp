#pragma once

#include "inferway/base/error.hpp"
#include "inferway/config/config.hpp"
#include "inferway/dialect/stream_events.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// A chat completion's stream that broke is continued by another server: it gets the text that was delivered as the
/// assistant's partial message, and its events are made to look like the rest of the first stream.
namespace inferway::dialect {

class JsonEdits;

/// Why a call cannot be resumed, for log and explanation; "" when it can be. `body`: of POST /v1/chat/completions.
/// It must stream one choice of plain text: not with n above 1, logprobs, audio, echo or token ids; nor with a grammar
/// (response_format but text, guided_*, structured_outputs, a forced tool_choice, ...), since a grammar begins anew
/// where the continuation begins, and would have the server write a second document behind the first one's half.
[[nodiscard]] std::string_view resume_obstacle(std::string_view body);
[[nodiscard]] inline bool can_resume_request(std::string_view body) { return resume_obstacle(body).empty(); }

/// What a client has got of a chat completion's stream, as far as a continuation needs it. Bounded memory.
class Transcript {
 public:
  /// What stands in every chunk, as JSON values; "" where it did not.
  struct Identity {
    std::string id, created, model, system_fingerprint;
  };

  /// `limit_bytes`: of the text, as it stands in JSON.
  explicit Transcript(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  /// An event that the client gets, in order. What comes once there is an obstacle is ignored.
  void add(Event const& event);

  /// Why the stream cannot be continued, for the log; "" when it can be. Not once: the text is over the limit; a second
  /// choice; logprobs; a tool call, audio or anything else but text begun; reasoning without text behind it (the
  /// partial message cannot bear half a thought: the server would take it for text, or think anew); a finish reason.
  [[nodiscard]] std::string_view obstacle() const { return obstacle_.empty() ? open_obstacle() : obstacle_; }
  [[nodiscard]] bool resumable() const { return obstacle().empty(); }
  /// A finish reason was delivered: of the answer only usage and [DONE] may be missing.
  [[nodiscard]] bool finished() const { return finished_; }
  /// The client got a finish reason that no server gave.
  void finish() { finished_ = true; }
  /// Its text is all that the answer has, so that a continuation can tell what its prompt was.
  [[nodiscard]] bool can_ask_for_usage() const { return obstacle_.empty() && !ends_in_half_a_character(); }
  /// The usage that ends a stream was delivered, too.
  [[nodiscard]] bool usage_sent() const { return usage_sent_; }

  /// The text so far, as the inside of a JSON string.
  [[nodiscard]] std::string_view text() const { return text_; }
  /// Tokens delivered: as the stream stated them (continuous usage), else one for each event with content.
  [[nodiscard]] std::uint64_t tokens() const;
  /// Those of them that a continuation does not write again: it does those that are nothing but the white space at the
  /// text's end.
  [[nodiscard]] std::uint64_t kept_tokens() const { return tokens() - std::min(tokens(), white_events_); }
  /// Those of the kept ones that are text, and thus part of a continuation's prompt.
  [[nodiscard]] std::uint64_t kept_text_tokens() const {
    return kept_tokens() - std::min(kept_tokens(), reasoning_events_);
  }
  [[nodiscard]] std::optional<std::uint64_t> prompt_tokens() const { return prompt_tokens_; }
  [[nodiscard]] Identity const& identity() const { return identity_; }
  /// The client knows the role, so no delta may bear it again.
  [[nodiscard]] bool role_sent() const { return role_sent_; }
  /// Bytes of memory held.
  [[nodiscard]] std::size_t bytes() const;

 private:
  [[nodiscard]] std::string_view open_obstacle() const;
  [[nodiscard]] bool ends_in_half_a_character() const;
  void add_choice(std::string_view choice);
  void add_delta(std::string_view delta);
  void add_usage(std::string_view usage);
  void give_up(std::string_view obstacle);
  void keep_text(std::string_view raw);

  std::size_t limit_bytes_;
  std::string_view obstacle_;  ///< static text
  std::string text_;
  Identity identity_;
  std::uint64_t text_events_ = 0;
  std::uint64_t reasoning_events_ = 0;
  std::uint64_t white_events_ = 0;  ///< at the end of the text
  std::optional<std::uint64_t> stated_tokens_;
  std::optional<std::uint64_t> prompt_tokens_;
  bool role_sent_ = false;
  bool finished_ = false;
  bool usage_sent_ = false;
};

/// Whether the caller's own limit of tokens (max_completion_tokens, max_tokens) was delivered already, so that nothing
/// is left to ask for: then length_event() ends the answer.
[[nodiscard]] bool is_exhausted(std::string_view original_body, Transcript const& transcript);

/// The request that has the answer continued: the original one's bytes, with the text so far as an assistant's message
/// behind the others (or appended to the last one, where that is a partial message itself), limits of tokens lowered
/// by what was delivered, and for continue_final_message what vLLM and SGLang want to be told. White space at the
/// text's end is left to the server to write again (chat templates cut it off, or not); ResumedStream drops it.
/// Without any text it is the original request. Where the transcript has its finish reason only the usage is asked for,
/// and the limits of tokens are 1. Errors: bad_request, where the body is not of that form.
[[nodiscard]] Result<std::string> continuation_body(std::string_view original_body, Transcript const& transcript,
                                                    config::Resume mode);

/// The event that ends an answer for which is_exhausted() is true: finish_reason "length".
[[nodiscard]] std::string length_event(std::string_view original_body, Transcript const& transcript);

/// Whether the caller wants the usage that ends a stream, and has not got it.
[[nodiscard]] bool lacks_usage(std::string_view original_body, Transcript const& transcript);

/// What ends the stream of a finished answer: usage where that is lacking and the prompt's tokens are known, [DONE].
[[nodiscard]] std::string last_events(std::string_view original_body, Transcript const& transcript);

/// Makes a continuation's events the rest of the first stream: its id, created, model and system_fingerprint; no second
/// role; usage of both together; one [DONE]. Other members pass as they came. Where the answer was finished, nothing
/// but usage and [DONE] passes.
class ResumedStream {
 public:
  /// `transcript`, of all streams before, is kept up by rewrite(), so that this one may break and be resumed, too.
  explicit ResumedStream(Transcript& transcript);

  /// What the client gets for an event: nothing, the event's own bytes, or others that hold until the next call.
  /// Error events of the backend are the caller's business, and are not to be given here.
  [[nodiscard]] std::string_view rewrite(Event const& event);

  /// The event last given cannot belong to a continuation (reasoning behind text, a second choice): the try failed.
  [[nodiscard]] bool unfit() const { return unfit_; }

 private:
  void edit_identity(JsonEdits& edits, std::string_view key, std::string_view value) const;
  void edit_choices(JsonEdits& edits, std::string_view choices);
  void edit_delta(JsonEdits& edits, std::string_view delta);
  void edit_usage(JsonEdits& edits, std::string_view usage) const;
  [[nodiscard]] bool is_wanted(Event const& event) const;

  Transcript& transcript_;
  std::string white_;  ///< at the end of the text before, unescaped, as far as it may still come again
  std::uint64_t tokens_before_;
  std::uint64_t text_tokens_before_;
  std::optional<std::uint64_t> prompt_tokens_;
  bool finished_before_;    ///< only usage was lacking
  bool text_before_;        ///< the server was given a partial message
  bool continued_ = false;  ///< and has gone on with it
  bool first_ = true;
  bool done_ = false;
  bool unfit_ = false;
  std::string raw_;
};

}  // namespace inferway::dialect
