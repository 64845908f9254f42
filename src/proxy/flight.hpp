#pragma once

#include "hold_back.hpp"
#include "inferway/base/pool.hpp"
#include "inferway/proxy/compiled_config.hpp"
#include "inferway/proxy/failover.hpp"
#include "inferway/upstream/attempt.hpp"
#include "inferway/upstream/place.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace inferway::proxy {

class Flight;

/// A stream's beginning, until its content has come.
struct HeldBack {
  HeldBack(http::StreamApi api, net::Loop& loop, net::Waiter& waiter)
      : stream(api, loop.blocks()), content_due(loop.wheel(), waiter) {}
  HoldBack stream;
  net::Deadline content_due;
};

/// Writes what a flight sends, once it is known to which endpoint.
class Composer {
 public:
  /// `head` keeps the head's bytes; the body's stay where they are as long as the flight lasts.
  [[nodiscard]] virtual upstream::Request compose(Flight& flight, net::Buffer& head) = 0;

 protected:
  ~Composer() = default;
};

/// One try of a request: a place at an endpoint, an attempt there, and the answer up to the point from which it is the
/// client's. Never blocks, like the attempt in it. Destroying it cancels it.
class Flight {
 public:
  /// A stream's speed is looked at over this time: min_tokens_per_second.
  static constexpr Duration kPacePeriod = std::chrono::seconds(10);

  /// What all flights of one request have in common.
  struct Setting {
    upstream::Upstream& upstream;
    net::Loop& loop;
    net::Waiter& waiter;
    Composer& composer;
    std::vector<std::size_t> const& avoid;  ///< endpoints of this hop that are taken only when no other can be
    Pool<HeldBack>& held_back;
  };

  /// `setting` lasts as long as advance() is called. `api`: what a stream would be made of. `holds_back`: an answer is
  /// not the client's before it has content.
  Flight(Setting const& setting, TargetPlan const& target, http::StreamApi api, bool holds_back);

  enum class Step : std::uint8_t {
    blocked,
    again,     ///< there may be more at once
    sendable,  ///< the request's body follows and may be sent
    interim,   ///< attempt().head() is an interim answer
    switched,  ///< attempt() is a tunnel from here on
    answer,    ///< the answer may be shown: go on with attempt().head() and beginning()
    failed,    ///< see failure(), error()
  };
  [[nodiscard]] Step advance();

  [[nodiscard]] TargetPlan const& target() const { return target_; }
  [[nodiscard]] bool started() const { return attempt_.has_value(); }
  /// The final head is there: attempt() is to be read on.
  [[nodiscard]] bool has_head() const { return has_head_; }
  [[nodiscard]] upstream::Attempt& attempt() { return *attempt_; }
  [[nodiscard]] upstream::Place const& place() const { return place_; }
  /// Its answer was read to the end: another request may have its place before the client has the last byte.
  void leave_place() { place_.leave(); }

  // The answer's beginning, when it may be shown.
  [[nodiscard]] bool is_stream() const { return stream_; }
  [[nodiscard]] http::StreamApi stream_api() const { return api_; }
  /// What was read of the body so far, until the next await; nothing where nothing was, or it was asked for before.
  [[nodiscard]] std::optional<upstream::Attempt::Received> beginning();
  /// A stream is held back, and its head will be wanted.
  [[nodiscard]] bool holding() const { return held_ != nullptr; }
  /// Nothing is held any more: neither the request's head nor the answer's, nor its beginning.
  void release();

  // What it failed of.
  [[nodiscard]] Failure const& failure() const { return failed_->failure; }
  [[nodiscard]] Error const& error() const { return failed_->error; }
  /// No place was to be had; then nothing was tried.
  [[nodiscard]] std::optional<upstream::Choice> unplaced() const { return failed_->unplaced; }
  /// The backend itself answered, with 429 or 5xx: attempt() can still be read and shown.
  [[nodiscard]] bool refused() const { return refused_; }
  /// It failed of what the attempt could not see itself: failure().cause says what.
  [[nodiscard]] bool blamed() const { return blamed_; }
  /// The stream said what was wrong, before it had content.
  [[nodiscard]] std::optional<dialect::StreamError> const& said() const { return failed_->said; }

 private:
  enum class Stage : std::uint8_t { choosing, asking, reading, done };

  [[nodiscard]] Step choose();
  [[nodiscard]] Step ask();
  [[nodiscard]] Step look_at_head();
  [[nodiscard]] Step read();
  [[nodiscard]] Step read_stream(upstream::Attempt::Received const& received);
  void hold_back();
  [[nodiscard]] Step wait_for_content();
  Step later(bool blocked);
  /// Hardly any of them fails: what is then to be said stands apart.
  struct Failed {
    Failure failure;
    Error error;
    std::optional<upstream::Choice> unplaced{};
    std::optional<dialect::StreamError> said{};
  };

  [[nodiscard]] Step fail(Error error, std::optional<config::RetryOn> cause);
  [[nodiscard]] Step blame(Error error, config::RetryOn cause);

  Setting const& setting_;
  TargetPlan const& target_;
  upstream::Place place_;
  std::optional<upstream::Attempt> attempt_;
  net::Buffer head_;
  Pool<HeldBack>::Owner held_ = Pool<HeldBack>::none();  ///< large, and over with the first content
  std::optional<upstream::Attempt::Received> received_;
  std::string_view first_piece_;  ///< beginning() of a stream that was held back
  http::StreamApi api_;
  Stage stage_ = Stage::choosing;
  bool holds_back_;
  bool has_head_ = false;
  bool stream_ = false;
  bool refused_ = false;
  bool blamed_ = false;
  std::unique_ptr<Failed> failed_;
};

}  // namespace inferway::proxy
