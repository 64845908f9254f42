// How a session reads a request's body.

#include "session.hpp"

#include <algorithm>

namespace inferway::server {

namespace {

/// A body that drips is as bad as one that stops: at least this much over each window in which we wait for it.
constexpr Duration kPaceWindow = std::chrono::seconds(30);
constexpr std::uint64_t kPaceBytes = 30 * 1024;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Result<BodyRead> Session::read_body(std::span<char> into) {
  if (body_done_) return BodyRead{BodyRead::What::end, {}};
  if (framing_ == Framing::tunnel) return read_tunnel(into);
  auto read = head_.framing == http::BodyFraming::length ? read_length_body(into) : read_chunked_body();
  if (!read) keep_ = false;
  return read;
}

Result<BodyRead> Session::took(std::string_view data) {
  body_read_ += data.size();
  if (body_read_ > settings_->limits.body_bytes) {
    return client_error(ErrorCode::body_too_large, "the body is larger than limits.body_bytes");
  }
  return BodyRead{BodyRead::What::data, data};
}

Result<BodyRead> Session::read_length_body(std::span<char> into) {
  if (auto const rest = in_.view().substr(used_); !rest.empty()) {
    auto const data = rest.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), body_left_)));
    used_ += data.size();
    body_left_ -= data.size();
    body_done_ = body_left_ == 0;
    return took(data);
  }
  if (into.empty()) return BodyRead{BodyRead::What::blocked, {}};
  // Never beyond the body's end: what follows belongs to the next request.
  into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), body_left_)));
  auto const got = receive(into);
  if (!got) return std::unexpected(got.error());
  if (*got == 0) return BodyRead{BodyRead::What::blocked, {}};
  body_left_ -= *got;
  body_done_ = body_left_ == 0;
  return took({into.data(), *got});
}

Result<BodyRead> Session::read_chunked_body() {
  while (true) {
    if (auto const rest = in_.view().substr(used_); !rest.empty()) {
      auto step = scan_chunks(rest);
      if (!step || step->what != BodyRead::What::blocked) return step;
      continue;  // all of in_ was framing; go on with the socket
    }
    if (!raw_.empty()) {
      auto step = scan_chunks(raw_.view());
      if (!step || step->what != BodyRead::What::blocked) return step;
      continue;
    }
    raw_.release();
    auto const room = raw_.room(net::BlockPool::kLarge);
    auto const got = receive(room);
    if (!got || *got == 0) {
      raw_.release();
      if (!got) return std::unexpected(got.error());
      return BodyRead{BodyRead::What::blocked, {}};
    }
    raw_.grow(*got);
  }
}

/// `input` is the unused part of in_, or of raw_ when in_ is used up. Blocked: it held framing only.
Result<BodyRead> Session::scan_chunks(std::string_view input) {
  bool const from_head = used_ < in_.size();
  auto const use = [&](std::size_t bytes) { from_head ? void(used_ += bytes) : raw_.consume(bytes); };
  while (!input.empty()) {
    auto const step = chunks_.next(input);
    if (!step) return std::unexpected(step.error());
    use(step->consumed);
    input.remove_prefix(step->consumed);
    if (step->what == http::ChunkScanner::What::data) return took(step->data);
    if (step->what == http::ChunkScanner::What::end) {
      body_done_ = true;
      return BodyRead{BodyRead::What::end, {}};
    }
  }
  return BodyRead{BodyRead::What::blocked, {}};
}

/// Bytes from the socket; 0 when there are none now.
Result<std::size_t> Session::receive(std::span<char> into) {
  if (continue_due_) send_continue();
  auto const read = stream_.try_read(into);
  switch (read.status) {
    case net::IoStatus::ok:
      continue_due_ = false;
      read_deadline_.disarm();
      pace_bytes_ += read.bytes;
      server_.shard_.client_bytes_in.add(read.bytes);
      return read.bytes;
    case net::IoStatus::blocked: {
      auto const pace = check_pace();
      if (!pace) return std::unexpected(pace.error());
      return 0;
    }
    case net::IoStatus::closed:
    case net::IoStatus::failed: break;
  }
  dead_ = read.status == net::IoStatus::failed;
  return client_error(ErrorCode::client_gone, "the client left before its request was whole");
}

/// Called when the body makes us wait. A pause of our own (the backend is slow) begins a new window.
Result<void> Session::check_pace() {
  auto const now = server_.loop_.now();
  auto const& timeouts = settings_->timeouts;
  if (read_deadline_.expired()) {
    return client_error(ErrorCode::request_timeout, "the request body did not arrive in time");
  }
  if (now - pace_since_ >= kPaceWindow) {
    bool const watched = pace_since_ != TimePoint{} && now - pace_since_ < 2 * kPaceWindow;
    if (watched && pace_bytes_ < kPaceBytes) {
      return client_error(ErrorCode::request_timeout, "the request body arrives too slowly (below 1 KiB/s)");
    }
    pace_since_ = now;
    pace_bytes_ = 0;
  }
  if (!read_deadline_.armed()) read_deadline_.arm(now + timeouts.body);
  return {};
}

void Session::send_continue() {
  continue_due_ = false;
  out_.append(kContinue);
  flush();
}

/// The rest of a body that came with the head needs no reading, so the connection may live on.
void Session::skip_buffered_body() {
  if (body_done_ || head_.framing != http::BodyFraming::length) return;
  if (in_.size() - used_ < body_left_) return;
  used_ += static_cast<std::size_t>(body_left_);
  body_left_ = 0;
  body_done_ = true;
}

}  // namespace inferway::server
