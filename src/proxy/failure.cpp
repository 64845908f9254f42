// Answers of the gateway's own, streams that break, and the record of it all.

#include "exchange.hpp"
#include "inferway/http/answer.hpp"
#include "inferway/policy/rate_fields.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace inferway::proxy {

Error Exchange::gateway_ends() {
  return {ErrorCode::draining, Side::gateway, Retry::never, "the gateway is being shut down"};
}

void Exchange::fail(Error const& error) {
  record_.error_set = true;
  record_.error = error.code;
  record_.detail.assign(error.detail);
  if (error.code == ErrorCode::total_timeout && failover_) {
    // The one failure of a backend that no attempt sees itself.
    proxy_.upstream_.counters(target().backend).errors[static_cast<std::size_t>(error.code)].add();
  }
  drop_all();
  auto gone = downstream_.gone();
  if (gone == ErrorCode::draining) gone.reset();
  if (error.code == ErrorCode::client_gone || (gone && downstream_.head_sent())) {
    record_.error = error.side == Side::client || !gone ? error.code : *gone;
    if (downstream_.head_sent() && !downstream_.finished()) downstream_.abort();
    return;
  }
  if (downstream_.head_sent()) {
    break_off(error);
  } else {
    answer_error(error);
  }
}

/// Rounded up, at least 1.
std::int64_t Exchange::seconds_until(TimePoint time) const {
  return std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(time - proxy_.loop_.now()).count(), 1);
}

std::int64_t Exchange::milliseconds_until(TimePoint time) const {
  return std::max<std::int64_t>(std::chrono::ceil<Milliseconds>(time - proxy_.loop_.now()).count(), 1);
}

/// Names the backend and the cause, never an address or a key.
std::string Exchange::message_for_client(Error const& error) const {
  if (error.side != Side::upstream || !failover_) return error.detail;
  return "backend '" + proxy_.snapshot_.config.backends[target().backend].name + "': " + error.detail;
}

void Exchange::answer_error(Error const& error) {
  auto kind = http::answer_kind(error.code);
  auto const body = said_ ? dialect::error_body(dialect_, *said_, request_id_)
                          : dialect::error_body(dialect_, error.code, message_for_client(error), request_id_);
  if (said_ && said_->status != 0) kind.status = said_->status;
  if (request_->refused_with != 0) kind.status = request_->refused_with;
  std::array<server::AnswerField, 10> more;
  std::size_t count = 0;
  auto const add = [&](std::string_view field, std::string_view value) { more[count++] = {field, value}; };
  add("Content-Type", "application/json");
  add("x-inferway-error", name(error.code));
  add("x-request-id", request_id_);
  auto const tries = std::to_string(record_.attempts);
  if (failover_) add("x-inferway-attempts", tries);
  policy::RateFields rate;
  std::string retry_after;
  if (auto const& refusal = request_->caller.rate_refusal()) {
    rate = policy::rate_fields(*refusal, request_->caller.key()->limit());
    add("Retry-After", rate.retry_after);
    add("retry-after-ms", rate.retry_after_ms);
    add("x-ratelimit-limit-requests", rate.limit);
    add("x-ratelimit-remaining-requests", "0");
    add("x-ratelimit-reset-requests", rate.reset);
  } else if (kind.retry_after || request_->soonest != TimePoint::max()) {
    retry_after = std::to_string(request_->soonest != TimePoint::max() ? seconds_until(request_->soonest) : 1);
    add("Retry-After", retry_after);
  }
  if (kind.status == 401) add("WWW-Authenticate", "Bearer");
  if (error.code == ErrorCode::upgrade_required) {
    add("Sec-WebSocket-Version", "13");  // RFC 6455 section 4.2.2
    add("Upgrade", "websocket");         // RFC 9110 section 15.5.22
    add("Connection", "Upgrade");
  }
  record_.status = static_cast<std::int16_t>(kind.status);
  downstream_.send_head({.status = kind.status,
                         .reason = http::reason_phrase(kind.status),
                         .fields = {},
                         .more = std::span(more).first(count),
                         .body = true,
                         .length = body.size(),
                         .close = request_->decision.websocket() || record_.shed});
  std::string_view const pieces[] = {body};
  downstream_.send_body(pieces, server::More::none);
}

/// The answer has begun: a stream of events ends with one that says why; anything else just ends too early.
void Exchange::break_off(Error const& error) {
  record_.truncated = true;
  auto const obstacle = resumption_ != nullptr ? resumption_->obstacle() : std::string_view();
  if (!obstacle.empty()) record_.detail.assign(error.detail + "; not resumed: " + std::string(obstacle));
  // Where no answer was begun a heartbeat has promised a stream.
  bool const promised = !events_ && head_is_promise_;
  if (promised || (events_ && !events_->finished() && events_->at_boundary())) {
    // Ollama's own form is a line, not an event.
    bool const lines = stream_api_ == http::StreamApi::ollama_lines;
    auto const shape = dialect_ == dialect::Api::ollama && !lines ? dialect::Api::openai : dialect_;
    auto const event =
        said_ ? dialect::error_event(shape, stream_api_, *said_, request_id_)
              : dialect::error_event(shape, stream_api_, error.code, message_for_client(error), request_id_);
    std::string_view const pieces[] = {event};
    downstream_.send_body(pieces, server::More::follows);
  }
  downstream_.abort();
}

/// 499 where the client did not hear all of the answer.
void Exchange::settle_status() {
  auto const gone = downstream_.gone();
  bool const unfinished = !downstream_.finished() || !downstream_.flush();
  bool const left = record_.error_set && record_.error == ErrorCode::client_gone;
  if (gone == ErrorCode::draining && !left) {
    if (unfinished) {  // the client did not take in time what we had for it
      record_.error_set = true;
      record_.error = ErrorCode::draining;
      record_.truncated = true;
    }
  } else if (gone && (unfinished || left)) {
    record_.status = static_cast<std::int16_t>(http::answer_kind(ErrorCode::client_gone).status);
    record_.error_set = true;
    record_.error = gone == ErrorCode::draining ? ErrorCode::client_gone : *gone;
  }
}

void Exchange::finish_record() {
  if (!tunnelled_) settle_status();  // a tunnel's is the 101
  auto const first_byte = downstream_.first_byte_sent();
  auto const sent = downstream_.sent_at_once() && first_byte != TimePoint::min();
  record_.duration = (sent ? first_byte : Clock::now()) - downstream_.started();  // one look at the clock less
  if (first_byte != TimePoint::min()) record_.first_byte = first_byte - downstream_.started();
  record_.failures.assign(failures_);
  record_.bytes_in = downstream_.body_bytes_read();
  record_.bytes_out = downstream_.body_bytes_sent();
  proxy_.snapshot_.numbering.apply(record_);
  proxy_.shard_.finish(record_);
}

}  // namespace inferway::proxy
