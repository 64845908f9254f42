// The load client: one thread, one kind of load, told by its first word; what it found is a line of JSON on stdout.
//   requests    HTTP requests with a known answer, closed or open
//   streams     event streams
//   messages    WebSocket messages that come back
//   handshakes  TLS handshakes
//   bad         malformed requests and clients that leave

#include "arguments.hpp"
#include "bad_load.hpp"
#include "content.hpp"
#include "handshake_load.hpp"
#include "message_load.hpp"
#include "request_load.hpp"
#include "sockets.hpp"
#include "stream_load.hpp"
#include "window.hpp"

namespace {

using bench::Arguments;
using bench::Content;

Content content(Arguments& arguments, std::string const& name) {
  auto const path = arguments.text(name);
  if (path.empty()) return {};
  return {bench::read_file(path), static_cast<std::uint64_t>(arguments.number(name + "-repeats", 1))};
}

std::uint16_t port(Arguments& arguments) { return static_cast<std::uint16_t>(arguments.number("port", 0)); }

std::size_t connections(Arguments& arguments, std::int64_t fallback) {
  return static_cast<std::size_t>(arguments.number("connections", fallback));
}

template <typename Load>
void finish(Arguments const& arguments, Load&& load) {
  arguments.refuse_unknown();
  load.run();
  load.report();
}

void requests(Arguments& arguments, bench::Window& window) {
  auto const body = content(arguments, "body");
  auto const answer = content(arguments, "answer");
  bench::RequestLoad::Options options{.port = port(arguments), .connections = connections(arguments, 64)};
  options.method = arguments.text("method", options.method);
  options.path = arguments.text("path", options.path);
  options.type = arguments.text("type", options.type);
  options.models = static_cast<std::uint64_t>(arguments.number("models", 1));
  options.rate = arguments.number("rate", 0);
  options.refusals_allowed = arguments.number("refusals", 0) != 0;
  finish(arguments, bench::RequestLoad(options, body, answer, window));
}

void streams(Arguments& arguments, bench::Window& window) {
  auto const body = content(arguments, "body");
  bench::StreamLoad::Options options{.port = port(arguments), .streams = connections(arguments, 200)};
  options.events = static_cast<std::uint64_t>(arguments.number("events", 100));
  options.spread = arguments.number("spread-ms", 0) * bench::kMillisecond;
  options.once = arguments.number("once", 0) != 0;
  options.path = arguments.text("path", options.path);
  finish(arguments, bench::StreamLoad(options, body, window));
}

void messages(Arguments& arguments, bench::Window& window) {
  bench::MessageLoad::Options options{.port = port(arguments), .connections = connections(arguments, 64)};
  options.path = arguments.text("path", options.path);
  finish(arguments, bench::MessageLoad(options, window));
}

void handshakes(Arguments& arguments, bench::Window& window) {
  bench::HandshakeLoad::Options options{.port = port(arguments), .resume = arguments.number("resume", 0) != 0};
  finish(arguments, bench::HandshakeLoad(options, window));
}

void bad(Arguments& arguments, bench::Window& window) {
  bench::BadLoad::Options options{.port = port(arguments), .rate = arguments.number("rate", 300)};
  options.path = arguments.text("path", options.path);
  finish(arguments, bench::BadLoad(options, window));
}

}  // namespace

int main(int count, char** words) {
  Arguments arguments(count, words);
  bench::raise_file_limit();
  bench::sharpen_timers();
  bench::Window window(arguments.number("warm-ms", 1000) * bench::kMillisecond,
                       arguments.number("measured-ms", 3000) * bench::kMillisecond);
  if (arguments.mode() == "requests") {
    requests(arguments, window);
  } else if (arguments.mode() == "streams") {
    streams(arguments, window);
  } else if (arguments.mode() == "messages") {
    messages(arguments, window);
  } else if (arguments.mode() == "handshakes") {
    handshakes(arguments, window);
  } else if (arguments.mode() == "bad") {
    bad(arguments, window);
  } else {
    bench::fail("requests, streams, messages, handshakes or bad?");
  }
}
