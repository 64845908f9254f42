// How a session writes answers.

#include "inferway/base/assert.hpp"
#include "inferway/http/field_lines.hpp"
#include "session.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace inferway::server {

namespace {

constexpr std::size_t kMaxPieces = 60;
/// A body that is so small with its head is put behind it: one piece costs less to send than two.
constexpr std::size_t kTogether = 4096;
constexpr std::string_view kCrlf = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

iovec as_iovec(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

template <typename Integer>
std::string_view print(std::array<char, 24>& into, Integer value, int base) {
  auto const [end, error] = std::to_chars(into.data(), into.data() + into.size(), value, base);
  return {into.data(), static_cast<std::size_t>(end - into.data())};
}

}  // namespace

void Session::append_status_line(int status, std::string_view reason) {
  if (status == 200 && reason == "OK") return out_.append("HTTP/1.1 200 OK\r\n");  // as nearly always
  std::array<char, 24> digits;                                                     // to_chars fills it
  out_.append("HTTP/1.1 ", print(digits, status, 10), " ", reason, kCrlf);
}

void Session::append_field(std::string_view name, std::string_view value) { out_.append(name, ": ", value, kCrlf); }

void Session::append_fields(AnswerHead const& head) {
  bool dated = head.status < 200;
  http::append_lines(out_, head.fields, [&](http::Field const& field) {
    if (field.hop_by_hop) return false;
    dated = dated || field.id == http::FieldId::date;
    return true;
  });
  for (auto const& field : head.more) append_field(field.name, field.value);
  // Ours needs one, and a backend's that has none is given the time it came at (RFC 9110 section 6.6.1).
  if (!dated) append_field("Date", server_.date());
}

void Session::append_framing(AnswerHead const& head) {
  std::array<char, 24> digits;  // to_chars fills it
  no_body_ = !head.body || head_.method == "HEAD";
  if (head.length) {
    out_.append("Content-Length: ", print(digits, *head.length, 10), kCrlf);
    framing_ = Framing::length;
    answer_left_ = no_body_ ? 0 : *head.length;
  } else if (!head.body) {
    framing_ = Framing::none;
  } else if (head_.minor_version == 0) {
    framing_ = Framing::until_close;
    keep_ = keep_ && no_body_;
  } else {
    append_field("Transfer-Encoding", "chunked");
    framing_ = Framing::chunked;
  }
}

void Session::send_interim(AnswerHead const& head) {
  if (head_.minor_version == 0 || head_sent_) return;
  append_status_line(head.status, head.reason);
  append_fields(head);
  out_.append(kCrlf);
  flush();
}

void Session::send_head(AnswerHead const& head) {
  INFERWAY_ASSERT(!head_sent_);
  head_sent_ = true;
  skip_buffered_body();
  if (head.close || !body_done_ || server_.draining_) keep_ = false;
  append_status_line(head.status, head.reason);
  append_fields(head);
  append_framing(head);
  if (!keep_) {
    append_field("Connection", "close");
  } else if (head_.minor_version == 0) {
    append_field("Connection", "keep-alive");
  }
  out_.append(kCrlf);
}

void Session::send_body(std::span<std::string_view const> pieces, More more) {
  INFERWAY_ASSERT(head_sent_ && !finished_);
  bool const begins = first_byte_sent_ == TimePoint::min();
  std::array<iovec, kMaxPieces + 4> parts;  // filled below
  std::array<char, 24> digits;              // to_chars fills it
  bool const chunked = framing_ == Framing::chunked && !no_body_;
  do {
    auto const batch = pieces.first(std::min(pieces.size(), kMaxPieces));
    pieces = pieces.subspan(batch.size());
    std::size_t bytes = 0;
    for (auto const piece : batch) bytes += piece.size();
    std::size_t count = 1;  // the first is for what is unsent from before
    if (bytes > 0 && !no_body_) {
      body_sent_ += bytes;
      if (chunked) {
        parts[count++] = as_iovec(print(digits, bytes, 16));
        parts[count++] = as_iovec(kCrlf);
      }
      // A chunk's end and the next one's beginning, or the last chunk, go out together: one piece less.
      for (auto const piece : batch) {
        if (!piece.empty()) parts[count++] = as_iovec(piece);
      }
      if (framing_ == Framing::length) {
        INFERWAY_ASSERT(bytes <= answer_left_);
        answer_left_ -= bytes;
      }
    }
    bool const last = pieces.empty() && more == More::none;
    static constexpr std::string_view kEndOfChunk = kCrlf;
    static constexpr std::string_view kEndOfBody = "\r\n0\r\n\r\n";
    if (chunked && bytes > 0) parts[count++] = as_iovec(last ? kEndOfBody : kEndOfChunk);
    if (chunked && bytes == 0 && last) parts[count++] = as_iovec(kLastChunk);
    if (!out_.empty() && out_.size() + bytes <= kTogether) {
      for (auto const& part : std::span(parts).subspan(1, count - 1)) {
        out_.append({static_cast<char const*>(part.iov_base), part.iov_len});
      }
      count = 1;
    }
    write({parts.data(), count});
  } while (!pieces.empty());
  if (more == More::none) {
    finished_ = true;
    sent_at_once_ = begins && out_.empty() && framing_ != Framing::tunnel;
    if (framing_ == Framing::length && answer_left_ > 0) aborted_ = true;  // shorter than promised
    if (framing_ == Framing::until_close) keep_ = false;
    if (framing_ == Framing::tunnel) {
      end_due_ = true;
      flush();
    }
  }
}

void Session::abort() {
  finished_ = true;
  aborted_ = true;
  keep_ = false;
}

bool Session::flush() {
  if (!out_.empty()) {
    iovec none{};
    write({&none, 1});
  }
  if (!out_.empty()) return false;
  return framing_ != Framing::tunnel || flush_end();
}

/// Sends `pieces`, whose first entry is kept free for what is unsent from before. What the client does not take at once
/// is copied aside.
void Session::write(std::span<iovec> pieces) {
  pieces[0] = as_iovec(out_.view());
  auto const result = dead_ ? net::IoResult{net::IoStatus::failed, 0} : stream_.try_write(pieces);
  if (result.status == net::IoStatus::failed) {
    dead_ = true;
    keep_ = false;
    out_.release();
    return;
  }
  if (result.bytes > 0 && head_sent_ && first_byte_sent_ == TimePoint::min()) first_byte_sent_ = Clock::now();
  server_.shard_.client_bytes_out.add(result.bytes);
  auto sent = std::min(result.bytes, out_.size());
  out_.consume(sent);
  sent = result.bytes - sent;
  for (auto const& piece : pieces.subspan(1)) {
    auto const done = std::min(sent, piece.iov_len);
    sent -= done;
    out_.append({static_cast<char const*>(piece.iov_base) + done, piece.iov_len - done});
  }
  if (out_.empty()) out_.release();
  settle_write_deadline(result.bytes > 0);
}

/// timeouts.write: since the last byte that the client took.
void Session::settle_write_deadline(bool progress) {
  if (out_.empty() && !stream_.closing()) {
    write_deadline_.disarm();
  } else if (progress || !write_deadline_.armed()) {
    write_deadline_.arm(server_.loop_.now() + settings_->timeouts.write);
  }
}

}  // namespace inferway::server
