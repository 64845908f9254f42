// How an attempt sends its request.

#include "connection.hpp"
#include "inferway/upstream/attempt.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace inferway::upstream {

namespace {

constexpr std::size_t kMaxPieces = 64;

iovec as_iovec(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

}  // namespace

void Attempt::queue_request() {
  pieces_.clear();
  pieces_.push_back(as_iovec(request_.head));
  for (auto const piece : request_.body) {
    if (!piece.empty()) pieces_.push_back(as_iovec(piece));
  }
  next_piece_ = 0;
}

/// One gathered write of what is queued. False: the connection broke.
bool Attempt::write_some() {
  std::array<iovec, kMaxPieces> parts;  // filled below
  auto const given = std::min(pieces_.size() - next_piece_, kMaxPieces - 1);
  std::copy_n(pieces_.begin() + static_cast<std::ptrdiff_t>(next_piece_), given, parts.begin());
  auto count = given;
  // What came by send_body() stands behind all that was given.
  if (next_piece_ + given == pieces_.size() && !rest_of_body_.empty()) parts[count++] = as_iovec(rest_of_body_.view());
  auto const result = connection_->stream->try_write({parts.data(), count});
  if (result.status == net::IoStatus::failed) return false;
  auto sent = result.bytes;
  while (sent > 0 && next_piece_ < pieces_.size()) {
    auto& piece = pieces_[next_piece_];
    auto const done = std::min(sent, piece.iov_len);
    piece.iov_base = static_cast<char*>(piece.iov_base) + done;
    piece.iov_len -= done;
    sent -= done;
    if (piece.iov_len == 0) ++next_piece_;
  }
  rest_of_body_.consume(sent);
  if (rest_of_body_.empty()) rest_of_body_.release();
  // timeouts.idle bounds each write: progress moves it on.
  if (result.bytes > 0) deadline_.disarm();
  return true;
}

/// Sends what is queued; says sendable when more of the body may come.
Result<Attempt::Step> Attempt::send() {
  while (unsent() && connection_->stream->writable()) {
    // A backend that broke the connection may have answered first: the answer is looked for by the caller.
    if (!write_some()) {
      reusable_ = false;
      pieces_.clear();
      next_piece_ = 0;
      rest_of_body_.release();
      return Step::blocked;
    }
  }
  auto const now = upstream_.loop_.now();
  if (unsent()) {
    if (deadline_.expired()) {
      return failure({ErrorCode::idle_timeout, Side::upstream, Retry::yes,
                      "the backend takes no more of the request within timeouts.idle"});
    }
    if (!deadline_.armed()) deadline_.arm(now + timeouts_.idle);
    return Step::blocked;
  }
  if (!body_sent()) {
    deadline_.disarm();
    return Step::sendable;
  }
  if (!first_byte_armed_) {
    first_byte_armed_ = true;
    sent_at_ = now;
    deadline_.arm(now + timeouts_.first_byte);
  }
  return Step::blocked;
}

void Attempt::send_body(std::string_view piece, bool last) {
  std::array<char, 24> digits;  // to_chars fills it
  std::array<std::string_view, 4> parts;
  std::size_t count = 0;
  if (request_.body_chunked) {
    if (!piece.empty()) {
      auto const [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), piece.size(), 16);
      parts[count++] = {digits.data(), static_cast<std::size_t>(end - digits.data())};
      parts[count++] = "\r\n";
      parts[count++] = piece;
      parts[count++] = last ? "\r\n0\r\n\r\n" : "\r\n";
    } else if (last) {
      parts[count++] = "0\r\n\r\n";
    }
  } else if (!piece.empty()) {
    parts[count++] = piece;
  }
  last_queued_ = last;
  end_due_ = last && state_ == State::tunnel;
  body_queued_ += piece.size();
  bool const keep = reused_ && body_queued_ <= kReplayBytes;
  std::array<iovec, 4> vectors;  // filled below
  for (std::size_t i = 0; i < count; ++i) {
    if (keep) kept_.append(parts[i]);
    vectors[i] = as_iovec(parts[i]);
  }
  std::size_t sent = 0;
  if (count > 0 && !unsent() && connection_ != nullptr) {
    sent = connection_->stream->try_write({vectors.data(), count}).bytes;
  }
  for (std::size_t i = 0; i < count; ++i) {
    auto const done = std::min(sent, parts[i].size());
    sent -= done;
    rest_of_body_.append(parts[i].substr(done));
  }
}

}  // namespace inferway::upstream
