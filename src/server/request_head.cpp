// How a session reads a request's head.

#include "session.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace inferway::server {

namespace {

/// Two empty lines (http::leading_blank_lines), however they arrive.
constexpr std::size_t kMaxBlankBytes = 4;

/// Read at one go while a head comes in; usually all of a small request, body and all.
constexpr std::size_t kHeadRead = 4096;

}  // namespace

void Session::expect_head(bool fresh) {
  follow_settings();
  scanned_ = 0;
  blank_bytes_ = 0;
  head_begun_ = false;
  last_moment_ = false;
  if (in_.empty()) in_.release();
  read_deadline_.arm(server_.loop_.now() + (fresh ? settings_->timeouts.header : settings_->timeouts.keep_alive));
}

/// Reads until a head is there; what is none is answered.
Session::Heard Session::read_head() {
  auto& loop = server_.loop_;
  while (true) {
    if (!in_.empty()) {
      auto parsed = parse_head();
      if (!parsed || *parsed) read_deadline_.disarm();
      if (!parsed) refuse(parsed.error());
      if (!parsed || *parsed) return parsed ? Heard::request : Heard::nonsense;
      // Blank lines do not begin a request: some clients send one behind a body.
      if (!head_begun_ && !in_.empty()) {
        head_begun_ = true;
        read_deadline_.arm(loop.now() + settings_->timeouts.header);
      }
    }
    if (server_.cut_) break;
    auto const read = stream_.try_read(in_.room(kHeadRead));
    if (read.status == net::IoStatus::ok) {
      in_.grow(read.bytes);
      server_.shard_.client_bytes_in.add(read.bytes);
      continue;
    }
    if (read.status != net::IoStatus::blocked) break;
    if (in_.empty()) in_.release();  // a resting connection holds no memory
    if (server_.draining_ && in_.empty() && !last_moment_) {
      // Nothing was asked. Who came while the listener closed, or had its last answer just now, may be about to ask: it
      // gets a moment.
      read_deadline_.arm(std::min(read_deadline_.at(), loop.now() + server_.last_moment_));
      last_moment_ = true;
    }
    if (!read_deadline_.expired()) return Heard::not_yet;
    if (!head_begun_) break;
    server_.shard_.heads_timed_out.add();
    refuse(no_head(ErrorCode::request_timeout, "the request head did not arrive in time").error());
    return Heard::nonsense;
  }
  stream_.shutdown_write();  // nothing was asked, so nothing is answered
  return Heard::nothing;
}

/// False: not all of the head is there yet.
Result<bool> Session::parse_head() {
  if (scanned_ == 0) follow_settings();  // changed while it rested
  auto const limit = settings_->limits.header_bytes;
  if (scanned_ == 0) {
    auto const blank = std::min(http::leading_blank_lines(in_.view()), kMaxBlankBytes - blank_bytes_);
    blank_bytes_ += blank;
    in_.consume(blank);
  }
  http::HeadLimits const limits{.bytes = limit, .fields = settings_->limits.header_count};
  if (scanned_ == 0) {
    server_.fields_.lend(head_.fields);
    used_ = head_.take(in_.view(), limits);
    if (used_ > 0) return true;
    server_.fields_.take_back(head_.fields);  // the rest may be long in coming
  }
  auto const end = http::find_head_end(in_.view(), scanned_);
  if (!end) return no_head(end.error().code, end.error().detail);
  if (end->size > limit || (end->size == 0 && in_.size() >= limit)) {
    return no_head(ErrorCode::header_too_large, "the request head is larger than limits.header_bytes");
  }
  scanned_ = end->scanned;
  if (end->size == 0) return false;
  server_.fields_.lend(head_.fields);
  auto const parsed = head_.parse(in_.view().substr(0, end->size), limits);
  if (!parsed) return std::unexpected(parsed.error());
  used_ = end->size;
  return true;
}

/// What is known of the last request views memory that is used anew: nothing of it may show in the answer or the log.
std::unexpected<Error> Session::no_head(ErrorCode code, std::string why) {
  head_ = http::RequestHead();
  if (in_.view().starts_with("HEAD ")) head_.method = "HEAD";  // its answer has no body, whatever it is
  return client_error(code, std::move(why));
}

}  // namespace inferway::server
