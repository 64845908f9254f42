// How an attempt becomes a tunnel, and passes bytes.

#include "connection.hpp"
#include "inferway/http/websocket.hpp"
#include "inferway/upstream/attempt.hpp"

namespace inferway::upstream {

/// The head is a 101, and one was asked for.
Result<std::optional<Attempt::Step>> Attempt::switch_protocols() {
  auto right = http::check_websocket_answer(head_, *request_.websocket);
  if (right && unsent()) right = upstream_error(ErrorCode::bad_response, "the backend answered half a handshake");
  if (!right) return failure(std::move(right.error()));
  observe(balance::Outcome::answered);
  report_good();
  set_aside();  // the client's bytes may come first into the scratch memory
  deadline_.disarm();
  kept_.release();
  reused_ = false;  // nothing is sent again, so nothing is kept for it
  state_ = State::tunnel;
  return Step::switched;
}

Result<Attempt::Received> Attempt::receive_raw() {
  if (!unread_.empty()) {
    received_.push_back(std::exchange(unread_, {}));
    return Received{received_, false, false};
  }
  head_bytes_.release();  // a tunnel that rests holds no memory
  auto const scratch = upstream_.loop_.scratch();
  auto const read = connection_->stream->try_read(scratch);
  switch (read.status) {
    case net::IoStatus::ok:
      received_.emplace_back(scratch.data(), read.bytes);
      return Received{received_, false, false};
    case net::IoStatus::blocked: return Received{{}, false, true};
    case net::IoStatus::closed: return Received{{}, true, false};
    case net::IoStatus::failed: break;
  }
  return upstream_error(ErrorCode::upstream_closed, "the backend reset the connection", Retry::never);
}

Result<bool> Attempt::flush() {
  auto& stream = *connection_->stream;
  while (unsent() && stream.writable() && !stream.broken()) {
    if (!write_some()) break;
  }
  if (stream.broken()) {
    rest_of_body_.release();
    return upstream_error(ErrorCode::upstream_closed, "the backend's connection broke", Retry::never);
  }
  if (!unsent() && std::exchange(end_due_, false)) stream.shutdown_write();
  if (!unsent() && !stream.closing()) {  // over TLS the end itself must be written
    deadline_.disarm();
    return true;
  }
  if (deadline_.expired()) {
    return upstream_error(ErrorCode::idle_timeout, "the backend takes no bytes for timeouts.idle", Retry::never);
  }
  if (!deadline_.armed()) deadline_.arm(upstream_.loop_.now() + timeouts_.idle);
  return false;
}

void Attempt::end_tunnel(Error const* cause) {
  if (cause != nullptr) connection_->stream->reset_on_close();
  if (cause == nullptr && !last_queued_) connection_->stream->shutdown_write();  // of TLS, this says so
  connection_.reset();
  if (cause == nullptr || cause->side == Side::upstream) state_ = State::done;  // else it was cancelled
  if (cause != nullptr && cause->side == Side::upstream) {
    counters_.errors[static_cast<std::size_t>(cause->code)].add();
  }
}

}  // namespace inferway::upstream
