// The model double: a server that does one thing, told by its first word, cheaply enough to share a core with the load.
//   reply   --answer FILE   the same answer to every request
//   stream  --events N      a stream of events to every request
//   echo                    WebSocket messages sent back

#include "arguments.hpp"
#include "echo_model.hpp"
#include "reply_model.hpp"
#include "server.hpp"
#include "sockets.hpp"
#include "stream_model.hpp"

namespace {

bench::Content content(bench::Arguments& arguments, std::string const& name) {
  auto const path = arguments.text(name);
  if (path.empty()) return {};
  return {bench::read_file(path), static_cast<std::uint64_t>(arguments.number(name + "-repeats", 1))};
}

[[noreturn]] void serve(bench::Arguments const& arguments, std::uint16_t port, bench::Content const& expected,
                        bench::Model& model) {
  arguments.refuse_unknown();
  bench::Server(port, expected, model).run();
}

}  // namespace

int main(int count, char** words) {
  bench::Arguments arguments(count, words);
  bench::raise_file_limit();
  bench::sharpen_timers();
  auto const port = static_cast<std::uint16_t>(arguments.number("port", 0));
  auto const expected = content(arguments, "body");
  if (arguments.mode() == "reply") {
    auto const answer = content(arguments, "answer");
    bench::ReplyModel model(answer, arguments.text("type", "application/json"),
                            {.places = static_cast<std::size_t>(arguments.number("places", 0)),
                             .service = arguments.number("service-us", 0) * bench::kMicrosecond});
    serve(arguments, port, expected, model);
  }
  if (arguments.mode() == "stream") {
    bench::StreamModel model(static_cast<std::uint64_t>(arguments.number("events", 100)),
                             arguments.number("interval-ms", 0) * bench::kMillisecond);
    serve(arguments, port, expected, model);
  }
  if (arguments.mode() == "echo") {
    bench::EchoModel model;
    serve(arguments, port, expected, model);
  }
  bench::fail("reply, stream or echo?");
}
