#include "stream_load.hpp"

#include "sockets.hpp"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace bench {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} * 1024;

}  // namespace

StreamLoad::StreamLoad(Options options, Content const& body, Window& window)
    : options_(std::move(options)), window_(window), space_(kReadBytes, '\0') {
  request_ =
      "POST " + options_.path +
      " HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n" + body.with(0);
}

void StreamLoad::run() {
  began_ = now();
  for (;;) {
    auto const time = now();
    auto const due = begin_due(time);
    window_.advance(time, open_);
    if (window_.finishing() && busy_ == 0) return;
    if (window_.overdue(time)) return errors_.add(std::to_string(busy_) + " streams did not end");
    for (auto const& event : poller_.wait(std::min(due, window_.next(time)))) {
      auto& stream = *static_cast<Stream*>(event.data.ptr);
      if ((event.events & EPOLLOUT) != 0) {
        stream.output.flush(stream.descriptor);
        poll_output(stream);
      }
      if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) read(stream);
    }
  }
}

/// Begins the streams whose time has come, and says when the next one's does.
Nanos StreamLoad::begin_due(Nanos now) {
  while (streams_.size() < options_.streams) {
    auto const share = static_cast<Nanos>(streams_.size()) * options_.spread / static_cast<Nanos>(options_.streams);
    if (began_ + share > now) return began_ + share;
    auto& stream = *streams_.emplace_back(std::make_unique<Stream>());
    stream.descriptor = connect_to(options_.port, streams_.size());
    poller_.add(stream.descriptor, EPOLLIN, &stream);
    ask(stream);
  }
  return kNever;
}

void StreamLoad::ask(Stream& stream) {
  stream.events.restart();
  stream.busy = true;
  ++busy_;
  stream.output.send(stream.descriptor, request_);  // a broken connection is about to be read as such
  poll_output(stream);
}

void StreamLoad::read(Stream& stream) {
  std::string_view bytes;
  switch (receive(stream.descriptor, space_.data(), space_.size(), bytes)) {
    case Received::nothing: return;
    case Received::end: return broke(stream, stream.busy ? "closed before [DONE]" : "closed at rest");
    case Received::bytes:
      if (auto const wrong = consume(stream, bytes, now()); !wrong.empty()) broke(stream, wrong);
  }
}

/// What is wrong with the bytes, if anything is.
std::string StreamLoad::consume(Stream& stream, std::string_view bytes, Nanos now) {
  for (;;) {
    std::string wrong;
    switch (stream.reader.next(bytes)) {
      case MessageReader::Step::need_more: return {};
      case MessageReader::Step::bad: return "bad framing";
      case MessageReader::Step::head:
        if (!stream.busy) return "an answer to nothing";
        if (stream.reader.head().status != 200) return "status " + std::to_string(stream.reader.head().status);
        if (!stream.reader.head().event_stream) return "not an event stream";
        break;
      case MessageReader::Step::body: wrong = take_events(stream, now); break;
      case MessageReader::Step::done: wrong = ended(stream); break;
    }
    if (!wrong.empty()) return wrong;
  }
}

std::string StreamLoad::take_events(Stream& stream, Nanos now) {
  auto bytes = stream.reader.part();
  for (;;) {
    switch (stream.events.next(bytes, options_.events)) {
      case EventReader::Step::need_more:
      case EventReader::Step::done:
        if (bytes.empty()) return {};
        break;
      case EventReader::Step::wrong: return "an event is missing, out of order or changed";
      case EventReader::Step::event:
        if (!stream.begun) ++open_;
        stream.begun = true;
        if (!window_.measuring()) break;
        ++events_;
        delay_.add(now - stream.events.sent());
        break;
    }
  }
}

std::string StreamLoad::ended(Stream& stream) {
  if (stream.events.events() != options_.events + 1) return "no [DONE]";
  ++finished_;
  --busy_;
  stream.busy = false;
  if (!options_.once && !window_.finishing()) ask(stream);
  return {};
}

void StreamLoad::broke(Stream& stream, std::string const& why) {
  errors_.add(why);
  ::close(stream.descriptor);
  if (stream.busy) --busy_;
  stream.busy = false;
}

void StreamLoad::poll_output(Stream& stream) const {
  if (stream.output.waits() == stream.polls_output) return;
  stream.polls_output = !stream.polls_output;
  poller_.change(stream.descriptor, stream.polls_output ? EPOLLIN | EPOLLOUT : EPOLLIN, &stream);
}

void StreamLoad::report() const {
  std::printf(
      "{\"event\":\"result\",\"seconds\":%.6f,\"count\":%llu,\"finished\":%llu,\"p50_us\":%.2f,\"p99_us\":%.2f,"
      "\"errors\":%llu,\"first_error\":\"%s\"}\n",
      window_.measured_seconds(), static_cast<unsigned long long>(events_), static_cast<unsigned long long>(finished_),
      delay_.percentile_us(50), delay_.percentile_us(99), static_cast<unsigned long long>(errors_.count()),
      errors_.first().c_str());
}

}  // namespace bench
