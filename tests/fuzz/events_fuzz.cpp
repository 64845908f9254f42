// A stream of events: cut anywhere it is read alike, events end where a plain reader says, and the reader that takes
// complete events apart finds as many.

#include "fuzz.hpp"
#include "inferway/dialect/stream_events.hpp"
#include "inferway/http/event_scanner.hpp"

#include <cstdint>

namespace inferway::fuzz {

namespace {

using http::EventScanner;
using http::StreamApi;

struct Reading {
  std::size_t complete = 0;  ///< bytes of whole events
  std::uint64_t events = 0;
  bool finished = false;
  bool failed = false;
  bool at_boundary = true;
  std::string taken_apart;  ///< name and data of each event
  std::uint64_t with_data = 0;
  bool operator==(Reading const&) const = default;
};

/// What the relay does: whole events go to the reader as soon as they are known to be whole.
Reading read(StreamApi api, Pieces const& pieces) {
  EventScanner scanner(api);
  dialect::EventReader reader(api);
  Reading out;
  std::string unread;
  std::size_t fed = 0;
  for (auto const& piece : pieces) {
    auto const whole = scanner.feed(view(piece));
    must(whole <= piece.size(), "no more is whole than there is");
    if (whole > 0) {
      unread += view(piece).substr(0, whole);
      auto const run = copy(unread);
      reader.feed(view(run));
      while (auto const event = reader.next()) {
        if (!event->has_data) continue;  // the LF behind a CR may come alone
        ++out.with_data;
        (((out.taken_apart += event->name) += '\0') += event->data) += '\0';
        out.taken_apart += std::to_string(static_cast<int>(dialect::classify(api, *event)));
        out.taken_apart += dialect::is_well_formed(api, *event) ? "\n" : " malformed\n";
      }
      must(reader.rest().empty(), "what is called whole holds no half event");
      unread.clear();
      out.complete = fed + whole;
    }
    unread += view(piece).substr(whole);
    fed += piece.size();
  }
  out.events = scanner.events();
  out.finished = scanner.finished();
  out.failed = scanner.failed();
  out.at_boundary = scanner.at_boundary();
  return out;
}

/// How many events with data a whole stream holds: the WHATWG's rules, line by line.
std::uint64_t count_plainly(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::uint64_t events = 0;
  bool has_data = false;
  while (true) {
    auto const end = text.find_first_of("\r\n");
    if (end == std::string_view::npos) return events;
    auto const line = text.substr(0, end);
    text.remove_prefix(text.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
    if (line.empty()) {
      events += has_data ? 1 : 0;
      has_data = false;
    } else if (line.substr(0, line.find(':')) == "data") {
      has_data = true;
    }
  }
}

}  // namespace

void one_input(std::string_view input) {
  auto const text = arrivals(input);
  for (auto const api : {StreamApi::unknown, StreamApi::openai_done, StreamApi::openai_responses,
                         StreamApi::anthropic_messages, StreamApi::gemini_generate, StreamApi::ollama_lines}) {
    auto const whole = read_alike(text, [&](Pieces const& pieces) { return read(api, pieces); });
    must(whole.events == whole.with_data, "both count the same events");
    if (api != StreamApi::ollama_lines) must(whole.events == count_plainly(text.whole), "as many as a plain reader");
  }
}

}  // namespace inferway::fuzz
