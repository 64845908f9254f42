// The answer's way back to the client.

#include "exchange.hpp"
#include "inferway/base/text.hpp"
#include "tunnel.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace inferway::proxy {

namespace {

constexpr std::string_view kAttempts = "x-inferway-attempts";
constexpr std::string_view kRetryAfterMs = "retry-after-ms";

/// The fields less those with that id. `kept` holds them where there is one: as a rule nothing is copied.
std::span<http::Field const> others_than(http::FieldId id, http::ResponseHead const& head,
                                         std::vector<http::Field>& kept) {
  if (!head.ids.contains(id)) return head.fields;
  std::ranges::remove_copy(head.fields, std::back_inserter(kept), id, &http::Field::id);
  return kept;
}

std::size_t size_of(std::span<std::string_view const> pieces) {
  std::size_t bytes = 0;
  for (auto const piece : pieces) bytes += piece.size();
  return bytes;
}

}  // namespace

/// A try has an answer to show: it is the client's, and all others are over.
Result<bool> Exchange::begin_answer(Flight& flight) {
  take_over(flight);
  auto const& head = flight.attempt().head();
  if (!head_due_ && (!flight.is_stream() || head.status != 200)) {  // a heartbeat has promised a stream already
    return upstream_error(ErrorCode::bad_response, "status " + std::to_string(head.status) + " instead of a stream");
  }
  answering_ = &flight;
  stream_api_ = flight.stream_api();
  if (flight.is_stream()) {
    events_.emplace(stream_api_, proxy_.loop_.blocks());
    record_.streamed = true;
  }
  prepare_to_resume();
  reads_ = {};
  if (target().min_tokens_per_second > 0 && events_) pace_.arm(proxy_.loop_.now() + Flight::kPacePeriod);
  auto more = relay();
  if (!head_due_) let_go_of_request();
  return more;
}

/// The answer has begun, and may go on for hours. Nothing of the request is sent again, unless a stream has to be
/// continued; and then what is sent is the call that the resumption holds.
void Exchange::let_go_of_request() {
  if (resumption_ != nullptr) {
    request_->replay.release();
    request_->body.release();
    return;
  }
  request_.reset();
  downstream_.release_head();
}

/// Of two that race, this one has won.
void Exchange::take_over(Flight& flight) {
  request_->hedge.disarm();
  request_->next_try.disarm();
  record_.backend = static_cast<std::uint32_t>(flight.target().backend);
  auto const outrun = [](Flight& other) {
    if (other.started()) other.attempt().outrun();
  };
  if (second_ == nullptr) return;
  auto& counters = proxy_.upstream_.counters(flight.target().backend);
  if (&flight == second_.get()) {
    if (!flight.refused()) counters.hedges_won.add();
    if (first_) outrun(*first_);
    first_.reset();
  } else {
    outrun(*second_);
    second_.reset();
  }
}

void Exchange::send_answer_head(Flight& flight) {
  head_due_ = false;
  auto const& head = flight.attempt().head();
  record_.status = static_cast<std::int16_t>(head.status);
  std::array<server::AnswerField, 7> more;
  std::size_t count = 0;
  auto const tries = std::to_string(record_.attempts);
  more[count++] = {kAttempts, tries};
  if (head.find(http::FieldId::x_request_id) == nullptr) more[count++] = {"x-request-id", request_id_};
  if (head.event_stream && head.find(http::FieldId::x_accel_buffering) == nullptr) {
    more[count++] = {"X-Accel-Buffering", "no"};  // a proxy in front of us must not hold tokens back
  }
  // Hop by hop, and yet the answer is nothing without it (RFC 9110 section 15.5.22).
  auto const* const upgrade = head.status == 426 ? head.find(http::FieldId::upgrade) : nullptr;
  if (upgrade != nullptr) {
    more[count++] = {"Upgrade", upgrade->value};
    more[count++] = {"Connection", "Upgrade"};
  }
  std::vector<http::Field> kept;
  auto fields =
      others_than(http::FieldId::x_inferway_attempts, head, kept);  // a gateway behind this one counts its own tries
  std::vector<http::Field> others;
  std::string retry_after;
  std::string retry_after_ms;
  if (flight.refused() && request_->soonest != TimePoint::max()) {
    // All endpoints rest: that this one may be asked again says less than when the first of them may be.
    retry_after = std::to_string(seconds_until(request_->soonest));
    retry_after_ms = std::to_string(milliseconds_until(request_->soonest));
    auto const* const own = head.find(http::FieldId::retry_after);
    bool const in_ms = head.find(kRetryAfterMs) != nullptr;  // to the SDKs that know it, it says more
    if (own == nullptr || own->value != retry_after || in_ms) {
      std::ranges::copy_if(fields, std::back_inserter(others), [](http::Field const& field) {
        return field.id != http::FieldId::retry_after && !iequals(field.name, kRetryAfterMs);
      });
      fields = others;
      more[count++] = {"Retry-After", retry_after};
      if (in_ms) more[count++] = {kRetryAfterMs, retry_after_ms};
    }
  }
  bool const body = head.framing != http::BodyFraming::none;
  std::optional<std::uint64_t> length;
  // The length of an event stream is not promised on: an error event may have to be added.
  if (head.framing == http::BodyFraming::length && !flight.is_stream()) length = head.content_length;
  if (!body && head.status != 204 && head.find(http::FieldId::content_length) != nullptr) length = head.content_length;
  downstream_.send_head(
      {.status = head.status,
       .reason = head.reason,
       .fields = fields,
       .more = std::span(more).first(count),
       .body = body,
       .length = length,
       .close = request_->decision.websocket()});  // what the client sent on may have been meant for the tunnel
}

/// One read of the body. True: there may be more at once.
Result<bool> Exchange::relay() {
  auto& flight = *answering_;
  Result<upstream::Attempt::Received> received;
  auto const beginning = flight.beginning();
  if (beginning) {
    received = *beginning;
  } else {
    received = flight.attempt().receive(reads_.bytes());
  }
  if (!received) return broke(received.error());
  if (head_due_) {
    send_answer_head(flight);
    if (events_) arm_heartbeat();  // the first event may be long in coming
  }
  auto const more = events_ ? relay_events(*received) : relay_bytes(*received);
  if (more && !received->end) reads_.passed_on(size_of(received->pieces), downstream_.flush());
  flight.release();
  return more ? more : broke(more.error());
}

/// The answer broke behind its beginning. True: it goes on all the same, or is ended well.
Result<bool> Exchange::broke(Error error) {
  if (resume(error)) return !downstream_.finished();
  auto const* const flight = answering_ != nullptr || !first_ ? answering_ : &*first_;
  if (flight != nullptr && error.side == Side::upstream) note_failure(*flight, error);
  return std::unexpected(std::move(error));
}

Result<bool> Exchange::relay_bytes(upstream::Attempt::Received const& received) {
  if (received.end) answering_->leave_place();
  if (!received.pieces.empty() || received.end) {
    downstream_.send_body(received.pieces, received.end ? server::More::none : server::More::follows);
  }
  return !received.end && !received.blocked && downstream_.flush();
}

Result<bool> Exchange::relay_events(upstream::Attempt::Received const& received) {
  auto whole = events_->feed(received.pieces);
  if (resumption_ != nullptr) {
    // An event in parts is nothing to note; where it belongs to a continuation it is nothing to rewrite.
    whole = events_->at_boundary() ? resumption_->pass(whole) : resumption_->pass_part(whole);
  }
  if (!whole.empty()) {
    downstream_.send_body(whole, server::More::follows);
    arm_heartbeat();
  }
  if (resumption_ != nullptr && resumption_->unfit()) {
    return upstream_error(ErrorCode::bad_response, "the continued stream does not go on where the first one ended");
  }
  if (pace_.expired()) keep_pace();
  if (!received.end) return !received.blocked && downstream_.flush();
  auto const rest = events_->rest();
  if (!events_->complete()) {
    return upstream_error(ErrorCode::upstream_closed, "the stream ended without its terminal event", Retry::yes);
  }
  answering_->leave_place();
  downstream_.send_body(rest, server::More::none);
  return false;
}

/// A period of the stream is over: one that crawls is held against its endpoint, but goes on. Whether the client was
/// the one who did not read on, only the connection knows.
void Exchange::keep_pace() {
  auto const events = events_->events();
  auto const came = events - std::exchange(paced_events_, events);
  auto const due =
      target().min_tokens_per_second * std::chrono::duration_cast<std::chrono::seconds>(Flight::kPacePeriod).count();
  bool const held_up = std::exchange(held_up_, false);
  if (came < static_cast<std::uint64_t>(due) && !held_up) answering_->attempt().blame(config::RetryOn::stall);
  pace_.arm(proxy_.loop_.now() + Flight::kPacePeriod);
}

void Exchange::arm_heartbeat() {
  auto const& every = proxy_.snapshot_.config.timeouts.heartbeat;
  if (every) heartbeat_.arm(proxy_.loop_.now() + *every);
}

/// The stream was silent for long: a comment shows the client, and all between, that it is alive.
void Exchange::beat() {
  if (downstream_.finished()) return;  // in this very turn
  arm_heartbeat();
  if (answering_ != nullptr && (!events_ || !events_->at_boundary() || events_->finished())) return;
  if (stream_api_ == http::StreamApi::ollama_lines || !downstream_.flush()) return;
  if (head_due_) {
    auto* const holding = first_ && first_->holding() ? &*first_ : second_.get();
    if (holding == nullptr || !holding->holding() || holding->stream_api() == http::StreamApi::ollama_lines) return;
    send_answer_head(*holding);
    head_is_promise_ = true;
    record_.streamed = true;
    stream_api_ = holding->stream_api();  // should it have to end with an error event
  }
  static constexpr std::string_view kPing[] = {": ping\n\n"};
  downstream_.send_body(kPing, server::More::follows);
}

/// The backend has switched protocols. Its head goes to the client with our own word about the connection.
void Exchange::begin_tunnel(Flight& flight) {
  take_over(flight);
  answering_ = &flight;
  tunnelled_ = true;
  total_.disarm();
  auto const& head = flight.attempt().head();
  record_.status = static_cast<std::int16_t>(head.status);
  bool const has_id = head.find(http::FieldId::x_request_id) != nullptr;
  auto const tries = std::to_string(record_.attempts);
  server::AnswerField const more[] = {{"Upgrade", "websocket"}, {kAttempts, tries}, {"x-request-id", request_id_}};
  std::vector<http::Field> kept;
  downstream_.switch_protocols({.status = head.status,
                                .reason = head.reason,
                                .fields = others_than(http::FieldId::x_inferway_attempts, head, kept),
                                .more = std::span(more).first(has_id ? 2 : 3),
                                .body = false});
  flight.release();
  let_go_of_request();
}

net::Task<> Exchange::tunnel() {
  struct Counted {
    explicit Counted(telemetry::Shard& s) : shard(s) {
      shard.websockets.add();
      shard.websockets_open.add();
    }
    Counted(Counted const&) = delete;
    Counted& operator=(Counted const&) = delete;
    ~Counted() { shard.websockets_open.sub(); }
    telemetry::Shard& shard;
  };
  Counted const counted(proxy_.shard_);
  auto const mask = static_cast<std::uint32_t>(proxy_.upstream_.random()());
  Tunnel tunnel(downstream_, answering_->attempt(), proxy_.loop_, target().timeouts.idle, mask);
  auto const broke = co_await tunnel.run();
  if (!broke) co_return;
  record_.error_set = true;
  record_.error = broke->code;
  record_.detail.assign(broke->detail);
  record_.truncated = true;
  if (!downstream_.finished()) downstream_.abort();
}

}  // namespace inferway::proxy
