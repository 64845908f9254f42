#include "message.hpp"

#include <algorithm>
#include <charconv>
namespace bench {
namespace {

constexpr std::size_t kMaxHead = 16384;

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter; }

/// Whether a field's name, or a token, is this one, which is given in small letters.
bool is_name(std::string_view name, std::string_view wanted) { return std::ranges::equal(name, wanted, {}, lower); }

}  // namespace

MessageReader::Step MessageReader::next(std::string_view& bytes) {
  switch (state_) {
    case State::head: return read_head(bytes);
    case State::body: return read_body(bytes, State::ended);
    case State::chunk_size: return read_chunk_size(bytes);
    case State::chunk_data: return read_body(bytes, State::chunk_end);
    case State::chunk_end:
      if (!take_line_end(bytes)) return bytes.empty() ? Step::need_more : Step::bad;
      state_ = State::chunk_size;
      return read_chunk_size(bytes);
    case State::last_end:  // no trailer section is sent by anyone here
      if (!take_line_end(bytes)) return bytes.empty() ? Step::need_more : Step::bad;
      break;
    case State::ended: break;
  }
  state_ = State::head;
  return Step::done;
}

MessageReader::Step MessageReader::read_head(std::string_view& bytes) {
  auto const fresh = line_.empty();
  auto const before = line_.size();
  if (!fresh) line_.append(bytes);
  auto const seen = fresh ? bytes : std::string_view(line_);
  auto const end = seen.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (fresh) line_ = bytes;
    bytes = {};
    return line_.size() > kMaxHead ? Step::bad : Step::need_more;
  }
  bool const valid = parse_head(seen.substr(0, end + 2));
  bytes.remove_prefix(end + 4 - before);
  line_.clear();
  if (!valid) return Step::bad;
  left_ = head_.length;
  state_ = head_.chunked ? State::chunk_size : left_ > 0 ? State::body : State::ended;
  return Step::head;
}

MessageReader::Step MessageReader::read_body(std::string_view& bytes, State then) {
  if (bytes.empty()) return Step::need_more;
  part_ = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), left_));
  bytes.remove_prefix(part_.size());
  left_ -= part_.size();
  if (left_ == 0) state_ = then;
  return Step::body;
}

MessageReader::Step MessageReader::read_chunk_size(std::string_view& bytes) {
  while (!bytes.empty()) {
    char const byte = bytes.front();
    bytes.remove_prefix(1);
    if (byte != '\n') {
      line_.push_back(byte);
      if (line_.size() > 18) return Step::bad;
      continue;
    }
    if (line_.empty() || line_.back() != '\r') return Step::bad;
    auto const [end, error] = std::from_chars(line_.data(), line_.data() + line_.size() - 1, left_, 16);
    bool const valid = error == std::errc{} && end == line_.data() + line_.size() - 1;
    line_.clear();
    if (!valid) return Step::bad;
    state_ = left_ == 0 ? State::last_end : State::chunk_data;
    return next(bytes);
  }
  return Step::need_more;
}

bool MessageReader::take_line_end(std::string_view& bytes) {
  constexpr std::string_view kLineEnd = "\r\n";
  while (!bytes.empty() && bytes.front() == kLineEnd[line_end_seen_]) {
    bytes.remove_prefix(1);
    if (++line_end_seen_ == kLineEnd.size()) {
      line_end_seen_ = 0;
      return true;
    }
  }
  return false;
}

bool MessageReader::parse_head(std::string_view text) {
  head_ = {};
  auto const first = text.substr(0, text.find("\r\n"));
  if (first.starts_with("HTTP/1.1 ") && first.size() >= 12) {
    std::from_chars(first.data() + 9, first.data() + 12, head_.status);
  } else if (!first.ends_with(" HTTP/1.1")) {
    return false;
  }
  text.remove_prefix(first.size() + 2);
  while (!text.empty()) {
    auto const line = text.substr(0, text.find("\r\n"));
    text.remove_prefix(line.size() + 2);
    auto const colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    auto value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    parse_field(line.substr(0, colon), value);
  }
  // An answer that ends with its connection is nothing anyone here sends.
  return head_.status == 0 || head_.status == 101 || head_.has_length || head_.chunked;
}

void MessageReader::parse_field(std::string_view name, std::string_view value) {
  if (is_name(name, "content-length")) {
    auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), head_.length);
    head_.has_length = error == std::errc{} && end == value.data() + value.size();
  } else if (is_name(name, "transfer-encoding")) {
    head_.chunked = is_name(value, "chunked");
  } else if (is_name(name, "connection")) {
    head_.close = is_name(value, "close");
  } else if (is_name(name, "retry-after")) {
    head_.retry_after = true;
  } else if (is_name(name, "content-type")) {
    head_.event_stream = value.starts_with("text/event-stream");
  } else if (is_name(name, "sec-websocket-accept")) {
    head_.websocket_accepted = value == kWebSocketAccept;
  }
}

}  // namespace bench
