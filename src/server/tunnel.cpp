// A session whose connection has switched protocols.

#include "inferway/base/assert.hpp"
#include "session.hpp"

#include <utility>

namespace inferway::server {

void Session::switch_protocols(AnswerHead const& head) {
  INFERWAY_ASSERT(!head_sent_ && body_done_);
  head_sent_ = true;
  keep_ = false;
  body_done_ = false;
  framing_ = Framing::tunnel;
  append_status_line(head.status, head.reason);
  append_fields(head);
  append_field("Connection", "Upgrade");
  out_.append("\r\n");
}

/// What the client sent right behind its request came with the head; then its bytes as the socket gives them.
Result<BodyRead> Session::read_tunnel(std::span<char> into) {
  if (auto const rest = in_.view().substr(used_); !rest.empty()) {
    used_ = in_.size();
    body_read_ += rest.size();
    return BodyRead{BodyRead::What::data, rest};
  }
  in_.release();  // a tunnel that rests holds no memory
  used_ = 0;
  auto const read = stream_.try_read(into);
  switch (read.status) {
    case net::IoStatus::ok:
      server_.shard_.client_bytes_in.add(read.bytes);
      body_read_ += read.bytes;
      return BodyRead{BodyRead::What::data, {into.data(), read.bytes}};
    case net::IoStatus::blocked: return BodyRead{BodyRead::What::blocked, {}};
    case net::IoStatus::closed: body_done_ = true; return BodyRead{BodyRead::What::end, {}};
    case net::IoStatus::failed: break;
  }
  dead_ = true;
  return client_error(ErrorCode::client_gone, "the client's connection broke");
}

/// Over TLS the end itself must be written, and may have to wait as bytes do.
bool Session::flush_end() {
  if (std::exchange(end_due_, false)) stream_.shutdown_write();
  settle_write_deadline(false);
  return !stream_.closing();
}

/// A client that has ended its side still hears the other one; and at the server's end the other one is told.
std::optional<ErrorCode> Session::gone_from_tunnel() const {
  if (server_.cut_) return ErrorCode::draining;
  if (write_deadline_.expired()) return ErrorCode::client_stalled;
  if (dead_ || stream_.broken()) return ErrorCode::client_gone;
  return std::nullopt;
}

}  // namespace inferway::server
