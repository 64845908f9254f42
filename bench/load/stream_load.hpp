#pragma once

#include "content.hpp"
#include "event.hpp"
#include "latency.hpp"
#include "message.hpp"
#include "output.hpp"
#include "poller.hpp"
#include "window.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/// Streams of events, each read to its [DONE]; then its connection asks for the next one. The delay of an event is
/// from when the model double sent it to when it was read here.
class StreamLoad {
 public:
  struct Options {
    std::uint16_t port = 0;
    std::size_t streams = 200;
    std::uint64_t events = 100;  // in each stream
    Nanos spread = 0;            // over which the streams begin, evenly
    bool once = false;           // no next stream after [DONE]
    std::string path = "/v1/chat/completions";
  };

  StreamLoad(Options options, Content const& body, Window& window);

  void run();
  void report() const;

 private:
  struct Stream {
    int descriptor = -1;
    MessageReader reader;
    EventReader events;
    Output output;
    bool busy = false;
    bool polls_output = false;
    bool begun = false;  // an event has come
  };

  Nanos begin_due(Nanos now);
  void ask(Stream& stream);
  void read(Stream& stream);
  std::string consume(Stream& stream, std::string_view bytes, Nanos now);
  std::string take_events(Stream& stream, Nanos now);
  std::string ended(Stream& stream);
  void broke(Stream& stream, std::string const& why);
  void poll_output(Stream& stream) const;

  Options options_;
  Window& window_;
  std::string request_;
  Poller poller_;
  std::vector<std::unique_ptr<Stream>> streams_;
  Nanos began_ = 0;
  std::uint64_t open_ = 0;  // streams that have had an event
  std::size_t busy_ = 0;
  std::string space_;

  std::uint64_t events_ = 0;
  std::uint64_t finished_ = 0;
  Latency delay_;
  Errors errors_;
};

}  // namespace bench
