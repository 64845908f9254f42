#include "inferway/http/event_scanner.hpp"

#include <cstring>

namespace inferway::http {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// What is looked up in the data, by API; "error" first in each.
constexpr JsonPath kErrorPaths[] = {{"", "error"}};
constexpr JsonPath kTypePaths[] = {{"", "error"}, {"", "type"}};
constexpr JsonPath kDonePaths[] = {{"", "error"}, {"", "done"}};
constexpr JsonPath kGeminiPaths[] = {{"", "error"}, {"candidates", "finishReason"}, {"promptFeedback", "blockReason"}};

std::span<JsonPath const> paths(StreamApi api) {
  switch (api) {
    case StreamApi::unknown:
    case StreamApi::openai_done: return kErrorPaths;
    case StreamApi::openai_responses:
    case StreamApi::anthropic_messages: return kTypePaths;
    case StreamApi::gemini_generate: return kGeminiPaths;
    case StreamApi::ollama_lines: return kDonePaths;
  }
  return kErrorPaths;
}

bool contains(std::string_view text, std::string_view what) {
  // Not string_view::find: it stops at every quotation mark, and JSON is full of them.
  return ::memmem(text.data(), text.size(), what.data(), what.size()) != nullptr;
}

/// Official clients raise an error only for what is true to them.
bool tells_error(JsonPeek const& peek) {
  switch (peek.kind(0)) {
    case JsonPeek::Kind::absent:
    case JsonPeek::Kind::null: return false;
    case JsonPeek::Kind::literal: return peek.text(0) != "false";
    case JsonPeek::Kind::string: return !peek.text(0).empty();
    case JsonPeek::Kind::array:
    case JsonPeek::Kind::object: return true;
  }
  return false;
}

bool is_there(JsonPeek const& peek, std::size_t path) {
  return peek.kind(path) != JsonPeek::Kind::absent && peek.kind(path) != JsonPeek::Kind::null;
}

/// `type` is the event's name, or the data's "type" where it has none.
bool is_terminal(StreamApi api, std::string_view type, std::string_view data, JsonPeek const& peek) {
  switch (api) {
    case StreamApi::unknown: return false;
    case StreamApi::openai_done: return data.starts_with("[DONE]");
    case StreamApi::openai_responses:
      return type == "response.completed" || type == "response.failed" || type == "response.incomplete";
    case StreamApi::anthropic_messages: return type == "message_stop";
    case StreamApi::gemini_generate: return is_there(peek, 1) || is_there(peek, 2);
    case StreamApi::ollama_lines: return peek.kind(1) == JsonPeek::Kind::literal && peek.text(1) == "true";
  }
  return false;
}

/// Where the lines of a piece end: at LF, CR or CRLF. Each byte is looked at twice at most, whatever ends are used.
class LineEnds {
 public:
  explicit LineEnds(std::string_view piece) : piece_(piece), lf_(piece.find('\n')) {}

  /// The first byte of the next line end, or npos.
  std::size_t find(std::size_t from) {
    if (lf_ < from) lf_ = piece_.find('\n', from);
    auto const line = piece_.substr(from, lf_ == std::string_view::npos ? lf_ : lf_ - from);
    auto const cr = line.find('\r');
    return cr == std::string_view::npos ? lf_ : from + cr;
  }

 private:
  std::string_view piece_;
  std::size_t lf_;
};

}  // namespace

EventScanner::EventScanner(StreamApi api) : api_(api), peek_(paths(api)) {}

std::size_t EventScanner::feed(std::string_view piece) {
  if (piece.empty()) return 0;
  return api_ == StreamApi::ollama_lines ? feed_lines(piece) : feed_events(piece);
}

std::size_t EventScanner::feed_events(std::string_view piece) {
  std::size_t at = after_cr_ && piece.front() == '\n' ? 1 : 0;
  std::size_t complete = at_boundary_ ? at : 0;
  after_cr_ = false;
  LineEnds ends(piece);
  while (at < piece.size()) {
    auto const end = ends.find(at);
    auto const line = piece.substr(at, end == std::string_view::npos ? end : end - at);
    if (end == std::string_view::npos) {
      at_boundary_ = false;
      take(line);
      break;
    }
    at = end + 1;
    if (piece[end] == '\r') {
      after_cr_ = at == piece.size();
      if (!after_cr_ && piece[at] == '\n') ++at;
    }
    bool const last_of_event = at < piece.size() && (piece[at] == '\n' || piece[at] == '\r');
    if (last_of_event && !line_begun_ && !has_data_ && !start_of_stream_ && line.starts_with("data:")) {
      // The usual event: its data is one line, and all of it is here, so most need no look inside.
      auto const data = line.substr(line.substr(5).starts_with(' ') ? 6 : 5);
      begin_data();
      data_.append(data);
      if (may_matter(data)) take_data(data);
      at_boundary_ = false;
      continue;
    }
    take(line);
    at_boundary_ = end_line();
    if (at_boundary_) complete = at;
  }
  return complete;
}

/// Part of a line, its end not included. The parts of a line may come one by one.
void EventScanner::take(std::string_view part) {
  if (part.empty()) return;
  line_begun_ = true;
  if (line_ == Line::name) part = take_name(part);
  if (line_ != Line::name && !part.empty()) take_value(part);
}

/// Returns what is left behind the colon.
std::string_view EventScanner::take_name(std::string_view part) {
  while (!part.empty()) {
    auto const c = part.substr(0, 1);
    part.remove_prefix(1);
    if (c == ":") {
      settle_name();
      break;
    }
    name_.append(c);
    if (name_.full()) {  // longer than all we know
      line_ = Line::other;
      break;
    }
    if (start_of_stream_ && name_.view() == kByteOrderMark) {
      name_.clear();
      start_of_stream_ = false;
    }
  }
  return part;
}

void EventScanner::settle_name() {
  line_ = Line::other;
  space_due_ = true;
  if (name_.view() == "data") {
    line_ = Line::data;
    begin_data();
  } else if (name_.view() == "event") {
    line_ = Line::event;
    event_.clear();
  }
}

void EventScanner::take_value(std::string_view part) {
  if (space_due_ && part.front() == ' ') part.remove_prefix(1);
  space_due_ = false;
  if (line_ == Line::event) event_.append(part);
  if (line_ == Line::data) {
    data_.append(part);
    take_data(part);
  }
}

/// True: the line was empty, so an event ended.
bool EventScanner::end_line() {
  bool const blank = line_ == Line::name && name_.empty();
  if (line_ == Line::name && !blank) settle_name();  // a line without a colon is all name
  line_ = Line::name;
  line_begun_ = false;
  start_of_stream_ = false;
  name_.clear();
  if (blank) end_event();
  return blank;
}

/// The lines of an event's data are joined by LF.
void EventScanner::begin_data() {
  if (has_data_) {
    data_.append("\n");
    take_data("\n");
  }
  has_data_ = true;
}

void EventScanner::take_data(std::string_view part) {
  peeked_ = true;
  peek_.feed(part);
}

/// Whether whole data can hold anything that decides. Cheap: it is asked for every event.
bool EventScanner::may_matter(std::string_view data) const {
  if (contains(data, "\"error\"")) return true;
  switch (api_) {
    case StreamApi::unknown:
    case StreamApi::openai_done: return false;
    case StreamApi::openai_responses:
    case StreamApi::anthropic_messages: return event_.empty();
    case StreamApi::gemini_generate: return contains(data, "\"finishReason\"") || contains(data, "\"blockReason\"");
    case StreamApi::ollama_lines: return contains(data, "true");
  }
  return true;
}

/// An event without data is none (WHATWG), whatever its name.
void EventScanner::end_event() {
  if (has_data_) {
    ++events_;
    bool const typed = api_ == StreamApi::openai_responses || api_ == StreamApi::anthropic_messages;
    auto const type = event_.empty() && typed ? peek_.text(1) : event_.view();
    if (type == "error" || tells_error(peek_)) failed_ = true;
    if (is_terminal(api_, type, data_.view(), peek_)) finished_ = true;
  }
  has_data_ = false;
  event_.clear();
  data_.clear();
  if (peeked_) peek_.reset();
  peeked_ = false;
}

/// NDJSON: each line is an event of its own, and all of it is data.
std::size_t EventScanner::feed_lines(std::string_view piece) {
  std::size_t at = 0;
  while (at < piece.size()) {
    auto const lf = piece.find('\n', at);
    auto const line = piece.substr(at, lf == std::string_view::npos ? lf : lf - at);
    bool const whole = lf != std::string_view::npos && !has_data_;
    has_data_ = has_data_ || !line.empty();
    if (!whole || may_matter(line)) take_data(line);
    if (lf == std::string_view::npos) break;
    end_event();
    at = lf + 1;
  }
  at_boundary_ = at == piece.size();
  return at;
}

}  // namespace inferway::http
