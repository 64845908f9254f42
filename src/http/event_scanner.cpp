#include "inferway/http/event_scanner.hpp"

#include "event_line.hpp"
#include "word_search.hpp"

namespace inferway::http {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kDone = "[DONE]";
constexpr std::string_view kError = "error";

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
    case StreamApi::openai_done: return data.starts_with(kDone);
    case StreamApi::openai_responses:
      return type == "response.completed" || type == "response.failed" || type == "response.incomplete";
    case StreamApi::anthropic_messages: return type == "message_stop";
    case StreamApi::gemini_generate: return is_there(peek, 1) || is_there(peek, 2);
    case StreamApi::ollama_lines: return peek.kind(1) == JsonPeek::Kind::literal && peek.text(1) == "true";
  }
  return false;
}

/// The size of an empty line's end at the front; 0 when it cannot be told yet: an LF may follow the CR.
std::size_t blank_line_bytes(std::string_view text) {
  if (text.front() == '\n') return 1;
  if (text.size() < 2) return 0;
  return text[1] == '\n' ? 2 : 1;
}

/// A line's value. One space behind the colon is not part of it.
std::string_view value_behind(std::string_view line, std::size_t name_and_colon) {
  line.remove_prefix(name_and_colon);
  return line.starts_with(' ') ? line.substr(1) : line;
}

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
  while (at < piece.size()) {
    auto const found = event_line(piece.substr(at));
    auto const line = piece.substr(at, found.bytes);
    if (found.bytes == std::string_view::npos) {
      at_boundary_ = false;
      take(line);
      break;
    }
    at += line.size() + 1;
    if (piece[at - 1] == '\r') {
      after_cr_ = at == piece.size();
      if (!after_cr_ && piece[at] == '\n') ++at;
    }
    if (!line_begun_ && !start_of_stream_) {
      if (auto const more = whole_line(line, found.names_error, piece.substr(at)); more) {
        at += *more;
        at_boundary_ = *more > 0;
        if (at_boundary_) complete = at;
        continue;
      }
    }
    take(line);
    at_boundary_ = end_line();
    if (at_boundary_) complete = at;
  }
  return complete;
}

/// The usual lines of an event, when all of it is here: nothing is kept of them that need not be. `behind` is what
/// follows the line. Returns how many bytes of that belong to the event, which is complete with them; 0 when it is not
/// complete yet; nothing when this is another line, and was not taken.
std::optional<std::size_t> EventScanner::whole_line(std::string_view line, bool names_error, std::string_view behind) {
  if (line.starts_with("event:")) {
    event_.clear();
    event_.append(value_behind(line, 6));
    return 0;
  }
  bool const last = !behind.empty() && (behind.front() == '\n' || behind.front() == '\r');
  if (!last || has_data_ || !line.starts_with("data:")) return std::nullopt;
  auto const data = value_behind(line, 5);
  bool const matters = names_error || may_matter(data);
  auto const blank = blank_line_bytes(behind);
  if (!matters && blank > 0 && event_.view() != kError && !is_terminal(api_, event_.view(), data, peek_)) {
    ++events_;
    event_.clear();
    return blank;
  }
  begin_data();
  data_.append(data);
  if (matters) take_data(data);
  return 0;
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

/// Whether whole data that does not name an error can hold anything that decides. Cheap: it is asked for every event.
bool EventScanner::may_matter(std::string_view data) const {
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
    if (type == kError || tells_error(peek_)) failed_ = true;
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
    // A CR alone may belong to the line's end.
    bool const blank = line.empty() || (line == "\r" && !after_cr_);
    has_data_ = has_data_ || !blank;
    after_cr_ = after_cr_ || line == "\r";
    if (!whole || contains(line, "\"error\"") || may_matter(line)) take_data(line);
    if (lf == std::string_view::npos) break;
    end_event();
    after_cr_ = false;
    at = lf + 1;
  }
  at_boundary_ = at == piece.size();
  return at;
}

}  // namespace inferway::http
