#include "flight.hpp"

#include "inferway/http/retry_after.hpp"

#include <algorithm>
#include <utility>

namespace inferway::proxy {

namespace {

using config::RetryOn;

/// What an attempt's own error counts as. `head`: the answer's head was there already.
RetryOn cause_of(Error const& error, bool head) {
  switch (error.code) {
    case ErrorCode::connect_timeout:
    case ErrorCode::first_byte_timeout: return RetryOn::timeout;
    case ErrorCode::idle_timeout: return RetryOn::stall;
    case ErrorCode::bad_response: return head ? RetryOn::bad_stream : RetryOn::connect;
    default: return head ? RetryOn::cut : RetryOn::connect;
  }
}

Error unplaced_error(upstream::Choice choice, upstream::Place const& place) {
  auto const error = [](ErrorCode code, std::string detail) {
    return Error{code, Side::upstream, Retry::yes, std::move(detail)};
  };
  switch (choice) {
    case upstream::Choice::full: return error(ErrorCode::queue_full, "its queue is full");
    case upstream::Choice::timed_out: return error(ErrorCode::queue_timeout, "no endpoint was free in time");
    case upstream::Choice::resting:
      return error(place.refused_with() >= 500 ? ErrorCode::no_healthy_endpoint : ErrorCode::rate_limit_exceeded,
                   "all its endpoints rest, because they refused requests for now");
    default: return error(ErrorCode::no_healthy_endpoint, "none of its endpoints takes requests");
  }
}

}  // namespace

Flight::Flight(Setting const& setting, TargetPlan const& target, http::StreamApi api, bool holds_back)
    : setting_(setting),
      target_(target),
      place_(setting.upstream, target.backend, setting.waiter),
      head_(setting.loop.blocks()),
      api_(api),
      holds_back_(holds_back) {}

Flight::Step Flight::advance() {
  switch (stage_) {
    case Stage::choosing: return choose();
    case Stage::asking: return ask();
    case Stage::reading: return read();
    case Stage::done: break;
  }
  return Step::blocked;
}

Flight::Step Flight::choose() {
  auto const choice = place_.take(setting_.avoid);
  if (choice == upstream::Choice::waiting) return Step::blocked;
  if (choice != upstream::Choice::taken) {
    auto const step = fail(unplaced_error(choice, place_), std::nullopt);
    failed_->unplaced = choice;
    return step;
  }
  attempt_.emplace(setting_.upstream, place_, target_.timeouts, setting_.waiter);
  attempt_->start(setting_.composer.compose(*this, head_));
  stage_ = Stage::asking;
  return ask();
}

Flight::Step Flight::ask() {
  auto const advanced = attempt_->advance();
  if (!advanced) return fail(advanced.error(), cause_of(advanced.error(), false));
  switch (*advanced) {
    case upstream::Attempt::Step::blocked: return Step::blocked;
    case upstream::Attempt::Step::sendable: return Step::sendable;
    case upstream::Attempt::Step::interim: return Step::interim;
    case upstream::Attempt::Step::switched: stage_ = Stage::done; return Step::switched;
    case upstream::Attempt::Step::head: break;
  }
  return look_at_head();
}

Flight::Step Flight::look_at_head() {
  auto const& head = attempt_->head();
  stage_ = Stage::reading;
  has_head_ = true;
  // The path names the API, the type what really comes.
  if (head.event_stream && api_ == http::StreamApi::ollama_lines) api_ = http::StreamApi::unknown;
  stream_ = (head.event_stream || (head.ndjson && api_ == http::StreamApi::ollama_lines)) &&
            head.framing != http::BodyFraming::none;
  // An answer that is an error itself ends as its framing says.
  if (head.status != 200) api_ = http::StreamApi::unknown;
  if (head.status == 429 || head.status >= 500) {
    refused_ = true;
    auto const step =
        fail({ErrorCode::bad_response, Side::upstream, Retry::yes, "status " + std::to_string(head.status)},
             head.status == 429 ? RetryOn::status_429 : RetryOn::status_5xx);
    failed_->failure.retry_after = http::retry_after(head, std::chrono::system_clock::now());
    return step;
  }
  if (stream_ && head.status == 200 && holds_back_) hold_back();
  return read();
}

/// Content is due by timeouts.first_content; and a stream that has none in a whole period is slower than any least
/// speed.
void Flight::hold_back() {
  held_ = setting_.held_back.make(api_, setting_.loop, setting_.waiter);
  auto at = TimePoint::max();
  if (target_.timeouts.first_content) at = attempt_->sent_at() + *target_.timeouts.first_content;
  if (target_.min_tokens_per_second > 0) at = std::min(at, setting_.loop.now() + kPacePeriod);
  if (at != TimePoint::max()) held_->content_due.arm(at);
}

/// One read of the body, or several, up to the point where there is something to show.
Flight::Step Flight::read() {
  if (!holds_back_) {
    stage_ = Stage::done;  // who relays it reads it
    return Step::answer;
  }
  auto const received = attempt_->receive();
  if (!received) return fail(received.error(), cause_of(received.error(), true));
  if (held_) return read_stream(*received);
  if (received->pieces.empty() && !received->end) return later(received->blocked);
  received_ = *received;
  stage_ = Stage::done;
  return Step::answer;
}

Flight::Step Flight::read_stream(upstream::Attempt::Received const& received) {
  auto const found = held_->stream.feed(received.pieces);
  if (found == HoldBack::Found::error) {
    auto const& said = held_->stream.error();
    auto detail = "the stream began with an error event: " + (said.code.empty() ? said.type : said.code);
    auto const step =
        blame({ErrorCode::bad_response, Side::upstream, Retry::yes, std::move(detail)}, RetryOn::in_band_error);
    failed_->said = said;
    return step;
  }
  if (found == HoldBack::Found::broken) {
    return blame({ErrorCode::bad_response, Side::upstream, Retry::yes, "an event of the stream is malformed"},
                 RetryOn::bad_stream);
  }
  if (found == HoldBack::Found::nothing && received.end && held_->stream.end_is_cut()) {
    return blame({ErrorCode::upstream_closed, Side::upstream, Retry::yes, "the stream ended before its content"},
                 RetryOn::cut);
  }
  if (found == HoldBack::Found::content || received.end) {
    first_piece_ = held_->stream.held();
    received_ = {.pieces = {&first_piece_, 1}, .end = received.end, .blocked = received.blocked};
    held_->content_due.disarm();
    stage_ = Stage::done;
    return Step::answer;
  }
  return received.blocked ? wait_for_content() : later(false);
}

/// Whoever has his turn before this one goes on reads into the memory that the head came in.
Flight::Step Flight::later(bool blocked) {
  attempt_->keep_head();
  return blocked ? Step::blocked : Step::again;
}

Flight::Step Flight::wait_for_content() {
  if (held_->content_due.expired()) {
    return blame({ErrorCode::first_byte_timeout, Side::upstream, Retry::yes,
                  "no content came in time (timeouts.first_content, min_tokens_per_second)"},
                 RetryOn::stall);
  }
  return later(true);
}

std::optional<upstream::Attempt::Received> Flight::beginning() { return std::exchange(received_, std::nullopt); }

void Flight::release() {
  held_.reset();
  head_.release();
  attempt_->release_head();
}

Flight::Step Flight::fail(Error error, std::optional<RetryOn> cause) {
  failed_ = std::make_unique<Failed>(Failed{.failure = {.cause = cause}, .error = std::move(error)});
  stage_ = Stage::done;
  return Step::failed;
}

/// What the attempt could not see itself.
Flight::Step Flight::blame(Error error, RetryOn cause) {
  attempt_->blame(cause);
  attempt_->give_up();
  blamed_ = true;
  return fail(std::move(error), cause);
}

}  // namespace inferway::proxy
