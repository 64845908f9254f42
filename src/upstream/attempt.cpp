// How an attempt reads its answer.

#include "inferway/upstream/attempt.hpp"

#include "connection.hpp"
#include "inferway/base/assert.hpp"

#include <algorithm>
#include <cstring>

namespace inferway::upstream {

Result<Attempt::Step> Attempt::advance() {
  while (true) {
    if (state_ == State::connecting) {
      auto const done = connect();
      if (!done) return std::unexpected(done.error());
      if (!*done) return Step::blocked;
    }
    // An answer may come before the request is sent whole; sending then stops.
    auto read = read_head();
    if (!read) return std::unexpected(read.error());
    if (*read) return **read;
    if (state_ == State::connecting) continue;  // a stale connection is being replaced
    auto sent = send();
    if (!sent) return std::unexpected(sent.error());
    if (*sent == Step::blocked && connection_->stream->readable()) continue;
    if (*sent == Step::blocked && first_byte_armed_ && deadline_.expired()) {
      return failure(
          {ErrorCode::first_byte_timeout, Side::upstream, Retry::yes, "no answer within timeouts.first_byte"});
    }
    return *sent;
  }
}

/// Nothing: no whole head yet.
Result<std::optional<Attempt::Step>> Attempt::read_head() {
  if (!unread_.empty()) {  // behind an interim answer
    auto parsed = parse_head();
    if (!parsed || *parsed) return parsed;
  }
  auto const scratch = upstream_.loop_.scratch();
  while (true) {
    auto const read = connection_->stream->try_read(scratch);
    if (read.status == net::IoStatus::blocked) return std::nullopt;
    if (read.status != net::IoStatus::ok) {
      bool const nothing_came = head_bytes_.empty() && interim_ == 0;
      if (nothing_came) {
        auto const replaced = replace_stale();
        if (!replaced) return std::unexpected(replaced.error());
        if (*replaced) return std::nullopt;
      }
      return ended_early(read.status, nothing_came ? Retry::if_reused : Retry::yes,
                         nothing_came ? "before it answered" : "inside the answer's head");
    }
    if (head_bytes_.empty()) {
      unread_ = {scratch.data(), read.bytes};
    } else {
      head_bytes_.append({scratch.data(), read.bytes});
      unread_ = head_bytes_.view();
    }
    auto parsed = parse_head();
    if (!parsed || *parsed) return parsed;
  }
}

/// The connection ended too soon. In TLS 1.3 a backend that does not accept our certificate says so only here.
std::unexpected<Error> Attempt::ended_early(net::IoStatus how, Retry retry, std::string_view when) {
  auto const trouble = connection_->stream->tls_trouble();
  std::string detail =
      how == net::IoStatus::closed ? "the backend closed the connection " : "the backend reset the connection ";
  if (!trouble.empty()) {
    auto const cause = connection_->stream->tls_failure();
    if (cause != TlsFailure::closed) counters_.tls.failures[static_cast<std::size_t>(cause)].add();
    detail = "the TLS connection to the backend broke ";
  }
  detail += when;
  if (!trouble.empty()) detail.append(": ").append(trouble);
  return failure({ErrorCode::upstream_closed, Side::upstream, retry, std::move(detail)});
}

/// How many bytes at the front of unread_ are a head, which is read then; 0: it is not all there.
Result<std::size_t> Attempt::take_head() {
  http::HeadLimits const limits{.bytes = upstream_.limits_.header_bytes, .fields = upstream_.limits_.header_count};
  // The first receive() may read before the head has been passed on.
  if (connection_->stream->readable()) set_aside();
  if (scanned_ == 0) {
    upstream_.fields_.lend(head_.fields);
    auto const size = head_.take(unread_, limits, request_.head_only);
    if (size > 0) return size;
    upstream_.fields_.take_back(head_.fields);  // the rest may be long in coming
  }
  auto const bad = [](std::string detail) {
    return upstream_error(ErrorCode::bad_response, std::move(detail), Retry::yes);
  };
  auto const end = http::find_head_end(unread_, scanned_);
  if (!end) return bad("the answer's head is malformed: " + end.error().detail);
  if (end->size > limits.bytes || (end->size == 0 && unread_.size() >= limits.bytes)) {
    return bad("the answer's head is larger than limits.header_bytes");
  }
  scanned_ = end->size == 0 ? end->scanned : 0;
  if (end->size == 0) return 0;
  upstream_.fields_.lend(head_.fields);
  auto const parsed = head_.parse(unread_.substr(0, end->size), limits, request_.head_only);
  if (!parsed) return bad(parsed.error().detail);
  return end->size;
}

/// Takes a head from the front of unread_, or puts what is there aside until more comes.
Result<std::optional<Attempt::Step>> Attempt::parse_head() {
  auto const bad = [&](std::string detail) {
    return failure({ErrorCode::bad_response, Side::upstream, Retry::yes, std::move(detail)});
  };
  auto taken = take_head();
  if (!taken) return failure(std::move(taken.error()));
  auto const size = *taken;
  if (size == 0) {
    // What is no HTTP/1 may never end a line: it is not waited for.
    static constexpr std::string_view kBegin = "HTTP/1.";
    if (!kBegin.starts_with(unread_.substr(0, kBegin.size()))) return bad("the answer is not one of HTTP/1");
    set_aside();
    unread_ = {};
    return std::nullopt;
  }
  head_text_ = unread_.substr(0, size);
  unread_.remove_prefix(size);
  if (head_bytes_.view().data() != nullptr && !head_bytes_.empty()) head_bytes_.consume(size);
  if (head_.status == 101 && request_.websocket == nullptr) {
    return bad("the backend switched protocols without being asked");
  }
  if (head_.status == 101) return switch_protocols();
  if (head_.status < 200) {
    if (++interim_ > kMaxInterim) return bad("too many interim answers");
    set_aside();
    return Step::interim;
  }
  learn_from_status();
  report_status();
  measured_ = head_.status >= 400 || sent_at_ == TimePoint{};
  if (unsent() || !body_sent()) reusable_ = false;  // it answered before it had the whole request
  deadline_.disarm();
  kept_.release();
  rest_of_body_.release();
  body_left_ = head_.framing == http::BodyFraming::length ? head_.content_length : 0;
  state_ = State::body;
  return Step::head;
}

void Attempt::keep_head() {
  if (!kept_head_.empty()) return;
  kept_head_.append(head_text_);
  head_text_ = kept_head_.view();
  upstream_.fields_.lend(head_.fields);
  http::HeadLimits const limits{.bytes = upstream_.limits_.header_bytes, .fields = upstream_.limits_.header_count};
  auto const parsed = head_.parse(head_text_, limits, request_.head_only);
  INFERWAY_ASSERT(parsed.has_value());  // it was content with the same bytes before
}

void Attempt::release_head() {
  kept_head_.release();
  if (unread_.empty()) head_bytes_.release();
  head_text_ = {};
  upstream_.fields_.take_back(head_.fields);
}

void Attempt::blame(config::RetryOn cause) {
  observe(balance::Outcome::failed);
  report_bad(cause);
}

/// Moves unread_ out of the scratch memory, which the next read or await takes away.
void Attempt::set_aside() {
  if (unread_.empty() || head_bytes_.view().data() == unread_.data()) return;
  net::Buffer aside(upstream_.loop_.blocks());
  aside.append(unread_);
  head_bytes_.swap(aside);
  unread_ = head_bytes_.view();
}

Result<Attempt::Received> Attempt::receive(std::size_t bytes) {
  received_.clear();
  if (broken_ != nullptr) return failure(std::move(*broken_));
  if (state_ == State::tunnel) return receive_raw();
  if (state_ == State::done) return Received{{}, true, false};
  bool const empty =
      head_.framing == http::BodyFraming::none || (head_.framing == http::BodyFraming::length && body_left_ == 0);
  if (empty) {
    if (!unread_.empty()) reusable_ = false;
    complete();
    return Received{{}, true, false};
  }
  if (!unread_.empty()) return take(unread_);
  auto const scratch = upstream_.loop_.scratch(bytes);
  auto const read = connection_->stream->try_read(scratch);
  switch (read.status) {
    case net::IoStatus::ok: deadline_.disarm(); return take({scratch.data(), read.bytes});
    case net::IoStatus::blocked: break;
    case net::IoStatus::closed:
      if (head_.framing == http::BodyFraming::until_close) {
        reusable_ = false;
        complete();
        return Received{{}, true, false};
      }
      return ended_early(read.status, Retry::yes, "before the answer's end");
    case net::IoStatus::failed: return ended_early(read.status, Retry::yes, "before the answer's end");
  }
  if (deadline_.expired()) {
    return failure({ErrorCode::idle_timeout, Side::upstream, Retry::yes, "the answer stalled for timeouts.idle"});
  }
  if (!deadline_.armed()) deadline_.arm(upstream_.loop_.now() + timeouts_.idle);
  return Received{{}, false, true};
}

/// Body bytes as they came, framing included.
Result<Attempt::Received> Attempt::take(std::string_view bytes) {
  measure_first_byte();
  unread_ = {};
  if (head_.framing == http::BodyFraming::chunked) return take_chunks(bytes);
  if (head_.framing == http::BodyFraming::until_close) {
    received_.push_back(bytes);
    return Received{received_, false, false};
  }
  auto const mine = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), body_left_)));
  if (mine.size() < bytes.size()) reusable_ = false;  // bytes that belong to no answer
  body_left_ -= mine.size();
  received_.push_back(mine);
  bool const end = body_left_ == 0;
  if (end) complete();
  return Received{received_, end, false};
}

Result<Attempt::Received> Attempt::take_chunks(std::string_view bytes) {
  while (!bytes.empty()) {
    if (auto const chunk = chunks_.whole_chunk(bytes); chunk.consumed > 0) {
      bytes.remove_prefix(chunk.consumed);
      add_piece(chunk.data);
      continue;
    }
    auto const step = chunks_.next(bytes);
    if (!step) {
      Error error{ErrorCode::bad_response, Side::upstream, Retry::yes,
                  "the answer's framing is broken: " + step.error().detail};
      if (received_.empty()) return failure(std::move(error));
      // What stood before it is good, whether or not it came in the same read; the next call tells.
      broken_ = std::make_unique<Error>(std::move(error));
      return Received{received_, false, false};
    }
    bytes.remove_prefix(step->consumed);
    if (step->what == http::ChunkScanner::What::data) add_piece(step->data);
    if (step->what == http::ChunkScanner::What::end) {
      if (!bytes.empty()) reusable_ = false;
      complete();
      return Received{received_, true, false};
    }
  }
  return Received{received_, false, false};
}

/// Small chunks that came in one read are moved together: many pieces cost more, here and in the kernel.
void Attempt::add_piece(std::string_view data) {
  static constexpr std::size_t kSmall = 1024;
  auto const memory = upstream_.loop_.scratch(net::ReadSize::kMost);
  bool const movable = data.size() <= kSmall && !received_.empty() && data.data() >= memory.data() &&
                       data.data() < memory.data() + memory.size();
  if (!movable) {
    received_.push_back(data);
    return;
  }
  auto& before = received_.back();
  std::memmove(memory.data() + (before.data() - memory.data()) + before.size(), data.data(), data.size());
  before = {before.data(), before.size() + data.size()};
}

/// 5xx and 429 come quickly, but are no reason to send more there. Other refusals (a wrong model, a wrong key) come
/// quickly as well, and tell nothing of the time that an answer takes.
void Attempt::learn_from_status() {
  if (head_.status >= 500 || head_.status == 429) return observe(balance::Outcome::failed);
  if (head_.status < 400) observe(balance::Outcome::answered);
}

/// Tells the balancing how it went. What happens behind the head says nothing of the time to it; and neither does the
/// time before the request was sent whole, which may be that of a slow client: what the endpoint took is the time since
/// then and the time to connect.
void Attempt::observe(balance::Outcome outcome) {
  bool const sent_whole = sent_at_ != TimePoint{};
  if (outcome == balance::Outcome::answered && !sent_whole) return;  // before it had all: not to be compared
  if (outcome == balance::Outcome::abandoned && state_ == State::sending && !sent_whole) return;
  auto took = connect_took_;
  if (state_ == State::connecting) took = upstream_.loop_.now() - (connect_until_ - timeouts_.connect);
  if (sent_whole && state_ != State::body) took += upstream_.loop_.now() - sent_at_;
  upstream_.learn(backend_, endpoint_index_, outcome, state_ == State::body ? Duration{} : took);
}

/// The answer was read to its end.
void Attempt::complete() {
  measure_first_byte();
  report_good();
  state_ = State::done;
  deadline_.disarm();
  bool const keep = reusable_ && head_.keep_alive && !unsent() && body_sent() && connection_->quiet();
  if (keep) {
    upstream_.give_back(std::move(connection_));
  } else {
    connection_.reset();
  }
}

}  // namespace inferway::upstream
