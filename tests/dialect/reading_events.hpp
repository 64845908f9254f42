#pragma once

#include "http/splits.hpp"
#include "inferway/dialect/stream_events.hpp"

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace inferway::dialect {

/// An event that outlives its reader.
struct OwnEvent {
  std::string name;
  std::string data;
  std::string raw;
  bool has_data = false;

  [[nodiscard]] Event view() const { return {.name = name, .data = data, .raw = raw, .has_data = has_data}; }
};

/// The events of a stream that arrives in pieces, read as a relay reads them: by runs that end where events do.
class ReadStream {
 public:
  ReadStream(http::StreamApi api, Pieces const& pieces) : scanner_(api), reader_(api) {
    for (auto const& piece : pieces) feed(inferway::view(piece));
  }
  ReadStream(http::StreamApi api, std::string_view whole) : ReadStream(api, Pieces{copy(whole)}) {}

  std::vector<OwnEvent> events;
  std::string raw;  ///< of all of them, in a row
  [[nodiscard]] http::EventScanner const& scanner() const { return scanner_; }
  [[nodiscard]] std::string_view held() const { return held_; }

  /// What a client sees: events that have data.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> seen() const {
    std::vector<std::pair<std::string, std::string>> seen;
    for (auto const& event : events) {
      if (event.has_data) seen.emplace_back(event.name, event.data);
    }
    return seen;
  }

 private:
  void feed(std::string_view piece) {
    auto const whole = scanner_.feed(piece);
    held_.append(piece.substr(0, whole));
    if (whole > 0) read(std::exchange(held_, {}));
    held_.append(piece.substr(whole));
  }

  void read(std::string_view run) {
    // In memory of its own, so that a sanitizer sees a read beyond its end.
    auto const own = copy(run);
    reader_.feed(inferway::view(own));
    while (auto const event = reader_.next()) {
      raw += event->raw;
      events.push_back({std::string(event->name), std::string(event->data), std::string(event->raw), event->has_data});
    }
    held_ = reader_.rest();
  }

  http::EventScanner scanner_;
  EventReader reader_;
  std::string held_;
};

/// The first event with data.
inline OwnEvent only_event(http::StreamApi api, std::string_view stream) {
  for (auto const& event : ReadStream(api, stream).events) {
    if (event.has_data) return event;
  }
  return {};
}

}  // namespace inferway::dialect
