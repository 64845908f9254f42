#include "inferway/dialect/stream_events.hpp"

#include <algorithm>

namespace inferway::dialect {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Takes a line from the front of `text`, without its end. Nothing when it has none.
std::optional<std::string_view> take_line(std::string_view& text) {
  // Most lines end in LF alone, and a memchr is the fastest way to it.
  auto const lf = text.find('\n');
  auto const end = std::min(lf, text.substr(0, lf).find('\r'));
  if (end == std::string_view::npos) return std::nullopt;
  auto const line = text.substr(0, end);
  text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
  return line;
}

/// The value of a line's field, or nothing when it is another field.
std::optional<std::string_view> field_value(std::string_view line, std::string_view name) {
  if (!line.starts_with(name)) return std::nullopt;
  line.remove_prefix(name.size());
  if (line.empty()) return line;  // a line without a colon is all name, and its value is empty
  if (line.front() != ':') return std::nullopt;
  line.remove_prefix(1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

}  // namespace

void EventReader::feed(std::string_view run) { run_ = run; }

std::optional<Event> EventReader::next() {
  if (run_.empty()) return std::nullopt;
  if (lines_) return next_line();
  auto text = run_;
  // Not an empty line, and with it an event, of its own.
  if (after_cr_ && text.starts_with('\n')) text.remove_prefix(1);
  if (start_of_stream_ && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Event event;
  bool several = false;
  bool ended = text.empty();  // nothing but the rest of a line's end
  while (!ended) {
    auto const line = take_line(text);
    if (!line) return std::nullopt;
    ended = line->empty();
    if (auto const data = field_value(*line, "data")) {
      if (event.has_data && !several) joined_ = event.data;
      several = event.has_data;
      if (several) joined_.append("\n").append(*data);
      event.data = *data;
      event.has_data = true;
    } else if (auto const name = field_value(*line, "event")) {
      event.name = *name;
    }
  }
  if (several) event.data = joined_;
  event.raw = run_.substr(0, run_.size() - text.size());
  after_cr_ = event.raw.ends_with('\r');
  start_of_stream_ = false;
  run_ = text;
  return event;
}

std::optional<Event> EventReader::next_line() {
  auto const lf = run_.find('\n');
  if (lf == std::string_view::npos) return std::nullopt;
  Event event;
  event.raw = run_.substr(0, lf + 1);
  event.data = run_.substr(0, lf);
  if (event.data.ends_with('\r')) event.data.remove_suffix(1);
  event.has_data = !event.data.empty();
  run_.remove_prefix(lf + 1);
  return event;
}

}  // namespace inferway::dialect
