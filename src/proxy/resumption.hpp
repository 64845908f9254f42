#pragma once

#include "inferway/dialect/resume.hpp"
#include "inferway/proxy/proxy.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace inferway::proxy {

/// What it takes to have a chat stream continued by another server when it breaks: the call, and what the client has
/// got so far. Bounded: the call counts as a buffered body, and a text beyond kMaxText is not kept.
class Resumption {
 public:
  static constexpr std::size_t kMaxText = 1024 * 1024;

  /// `call`: the body as the client sent it. `attempts`: how often the stream may be continued.
  Resumption(std::string call, std::uint32_t attempts, BufferedBytes& buffered, std::uint64_t limit,
             telemetry::Shard& shard);
  Resumption(Resumption const&) = delete;
  Resumption& operator=(Resumption const&) = delete;
  ~Resumption();

  /// Why the stream cannot be continued (now, or at all), for the log; "" when it can be.
  [[nodiscard]] std::string_view obstacle() const;
  /// Whether nothing of the answer itself is missing. What the client lacks of it, such as a finish reason, is put in
  /// `events`.
  [[nodiscard]] bool finish(std::string& events);
  /// Its usage is to be asked for, and may be.
  [[nodiscard]] bool lacks_usage() const;
  /// They end the stream of a finished answer well.
  [[nodiscard]] std::string last_events() const { return dialect::last_events(call_, transcript_); }

  /// The call for the server that is to continue: `call` is the client's with the model that server is to be asked for.
  [[nodiscard]] Result<std::string_view> continuation(std::string_view call, config::Resume mode);
  [[nodiscard]] std::string_view call() const { return call_; }
  /// Its stream begins.
  void continued();

  /// Whole events on their way to the client, noted; those of a continuation made the rest of the first stream. The
  /// views hold until the next call.
  [[nodiscard]] std::span<std::string_view const> pass(std::span<std::string_view const> run);
  /// What holds a part of an event that is too large to be held whole: the stream cannot be continued any more.
  [[nodiscard]] std::span<std::string_view const> pass_part(std::span<std::string_view const> part);
  /// The continuation's last events cannot belong to this stream: nothing of them was passed.
  [[nodiscard]] bool unfit() const { return unfit_; }

 private:
  [[nodiscard]] std::string_view join(std::span<std::string_view const> run);
  void give_up(std::string_view why);

  std::string call_;
  std::uint32_t attempts_;
  BufferedBytes& buffered_;
  telemetry::Shard& shard_;
  std::uint64_t charged_ = 0;
  std::string_view obstacle_;  ///< static text
  dialect::Transcript transcript_{kMaxText};
  dialect::EventReader reader_{http::StreamApi::openai_done};
  std::optional<dialect::ResumedStream> resumed_;
  std::string continuation_;
  std::string joined_;
  std::string rewritten_;
  std::string_view out_;
  bool unfit_ = false;
};

}  // namespace inferway::proxy
