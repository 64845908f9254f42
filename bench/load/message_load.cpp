#include "message_load.hpp"

#include "sockets.hpp"

#include <cstdio>
#include <unistd.h>

namespace bench {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} * 1024;

}  // namespace

MessageLoad::MessageLoad(Options options, Window& window)
    : options_(std::move(options)), window_(window), space_(kReadBytes, '\0') {}

void MessageLoad::run() {
  for (std::size_t i = 0; i < options_.connections; ++i) open(i);
  for (;;) {
    auto const time = now();
    window_.advance(time, open_);
    if (window_.finishing() && busy_ == 0) return;
    if (window_.overdue(time)) return errors_.add(std::to_string(busy_) + " messages did not come back");
    for (auto const& event : poller_.wait(window_.next(time))) {
      auto& tunnel = *static_cast<Tunnel*>(event.data.ptr);
      if ((event.events & EPOLLOUT) != 0) {  // it stands now: what was to be sent goes
        tunnel.output.flush(tunnel.descriptor);
        poller_.change(tunnel.descriptor, EPOLLIN, &tunnel);
      }
      if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) read(tunnel);
    }
  }
}

void MessageLoad::open(std::size_t number) {
  auto& tunnel = *tunnels_.emplace_back(std::make_unique<Tunnel>());
  tunnel.descriptor = connect_to(options_.port, number);
  poller_.add(tunnel.descriptor, EPOLLIN | EPOLLOUT, &tunnel);
  tunnel.output.send(tunnel.descriptor, "GET " + options_.path +
                                            " HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
                                            std::string(kWebSocketKey) + "\r\n\r\n");
  tunnel.busy = true;
  ++busy_;
}

/// A message is small, and the one before it has come back: it always goes at once.
void MessageLoad::ask(Tunnel& tunnel) {
  tunnel.busy = !window_.finishing();
  if (!tunnel.busy) {
    --busy_;
    return;
  }
  tunnel.asked = now();
  tunnel.output.send(tunnel.descriptor, sent_.frame(++tunnel.number));
}

void MessageLoad::read(Tunnel& tunnel) {
  std::string_view bytes;
  char const* wrong = nullptr;
  switch (receive(tunnel.descriptor, space_.data(), space_.size(), bytes)) {
    case Received::nothing: return;
    case Received::end: return broke(tunnel, "closed");
    case Received::bytes:
      if (!tunnel.upgraded) wrong = upgrade(tunnel, bytes);
      if (wrong == nullptr && !bytes.empty()) wrong = take_echo(tunnel, bytes);
      if (wrong != nullptr) broke(tunnel, wrong);
  }
}

char const* MessageLoad::upgrade(Tunnel& tunnel, std::string_view& bytes) {
  switch (tunnel.reader.next(bytes)) {
    case MessageReader::Step::need_more: return nullptr;
    case MessageReader::Step::head: break;
    default: return "no head";
  }
  if (tunnel.reader.head().status != 101) return "status is not 101";
  if (!tunnel.reader.head().websocket_accepted) return "wrong Sec-WebSocket-Accept";
  tunnel.upgraded = true;
  ++open_;
  ask(tunnel);
  return nullptr;
}

char const* MessageLoad::take_echo(Tunnel& tunnel, std::string_view bytes) {
  tunnel.partial.append(bytes);
  if (tunnel.partial.size() < received_.frame_size()) return nullptr;
  std::uint64_t number = 0;
  if (!received_.read(tunnel.partial, number) || number != tunnel.number) return "not the message that was sent";
  tunnel.partial.clear();
  if (window_.measuring()) {
    ++messages_;
    latency_.add(now() - tunnel.asked);
  }
  ask(tunnel);
  return nullptr;
}

void MessageLoad::broke(Tunnel& tunnel, std::string const& why) {
  errors_.add(why);
  ::close(tunnel.descriptor);
  if (tunnel.busy) --busy_;
  tunnel.busy = false;
}

void MessageLoad::report() const {
  std::printf(
      "{\"event\":\"result\",\"seconds\":%.6f,\"count\":%llu,\"finished\":%llu,\"p50_us\":%.1f,\"p99_us\":%.1f,"
      "\"errors\":%llu,\"first_error\":\"%s\"}\n",
      window_.measured_seconds(), static_cast<unsigned long long>(messages_) * 2,  // there and back
      static_cast<unsigned long long>(open_), latency_.percentile_us(50), latency_.percentile_us(99),
      static_cast<unsigned long long>(errors_.count()), errors_.first().c_str());
}

}  // namespace bench
