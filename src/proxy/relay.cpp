// The answer's way back to the client.

#include "exchange.hpp"
#include "tunnel.hpp"

#include <array>

namespace inferway::proxy {

/// The backend's final head is there. It goes out together with the first bytes behind it; until then a failure can
/// still be answered with a status of its own.
Result<bool> Exchange::begin_answer() {
  answering_ = true;
  head_due_ = true;
  // Nothing is sent again from here on, and the answer may go on for hours.
  upstream_head_.release();
  body_.release();
  auto const& head = attempt_->head();
  // The path names the API, the type what really comes.
  if (head.event_stream && stream_api_ == http::StreamApi::ollama_lines) stream_api_ = http::StreamApi::unknown;
  bool const events = head.event_stream || (head.ndjson && stream_api_ == http::StreamApi::ollama_lines);
  if (events && head.framing != http::BodyFraming::none) {
    // An answer that is an error itself ends as its framing says.
    auto const api = head.status == 200 ? stream_api_ : http::StreamApi::unknown;
    events_.emplace(api, proxy_.loop_.blocks());
    record_.streamed = true;
  }
  return relay();
}

void Exchange::send_answer_head() {
  head_due_ = false;
  auto const& head = attempt_->head();
  record_.status = static_cast<std::int16_t>(head.status);
  std::array<server::AnswerField, 4> more;
  std::size_t count = 0;
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
  bool const body = head.framing != http::BodyFraming::none;
  std::optional<std::uint64_t> length;
  // The length of an event stream is not promised on: an error event may have to be added.
  if (head.framing == http::BodyFraming::length && !events_) length = head.content_length;
  if (!body && head.status != 204 && head.find(http::FieldId::content_length) != nullptr) length = head.content_length;
  downstream_.send_head(
      {.status = head.status,
       .reason = head.reason,
       .fields = head.fields,
       .more = std::span(more).first(count),
       .body = body,
       .length = length,
       .close = decision_.websocket()});  // what the client sent on may have been meant for the tunnel
  downstream_.release_head();
}

/// One read of the body. True: there may be more at once.
Result<bool> Exchange::relay() {
  auto const received = attempt_->receive();
  if (!received) return std::unexpected(received.error());
  if (head_due_) send_answer_head();
  if (events_) return relay_events(*received);
  if (!received->pieces.empty() || received->end) {
    downstream_.send_body(received->pieces, received->end ? server::More::none : server::More::follows);
  }
  return !received->end && !received->blocked && downstream_.flush();
}

Result<bool> Exchange::relay_events(upstream::Attempt::Received const& received) {
  auto const whole = events_->feed(received.pieces);
  if (!whole.empty()) downstream_.send_body(whole, server::More::follows);
  if (!received.end) return !received.blocked && downstream_.flush();
  auto const rest = events_->rest();
  if (!events_->complete()) {
    return upstream_error(ErrorCode::upstream_closed, "the stream ended without its terminal event", Retry::yes);
  }
  downstream_.send_body(rest, server::More::none);
  return false;
}

/// The backend has switched protocols. Its head goes to the client with our own word about the connection.
void Exchange::begin_tunnel() {
  tunnelled_ = true;
  total_.disarm();
  auto const& head = attempt_->head();
  record_.status = static_cast<std::int16_t>(head.status);
  bool const has_id = head.find(http::FieldId::x_request_id) != nullptr;
  server::AnswerField const more[] = {{"Upgrade", "websocket"}, {"x-request-id", request_id_}};
  downstream_.switch_protocols({.status = head.status,
                                .reason = head.reason,
                                .fields = head.fields,
                                .more = std::span(more).first(has_id ? 1 : 2),
                                .body = false});
  downstream_.release_head();
  upstream_head_.release();
  body_.release();
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
  Tunnel tunnel(downstream_, *attempt_, proxy_.loop_, target_->timeouts.idle, mask);
  auto const broke = co_await tunnel.run();
  if (!broke) co_return;
  record_.error_set = true;
  record_.error = broke->code;
  record_.detail.assign(broke->detail);
  record_.truncated = true;
  if (!downstream_.finished()) downstream_.abort();
}

}  // namespace inferway::proxy
