#include "stream_model.hpp"

namespace bench {
namespace {

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: "
    "chunked\r\n\r\n";
constexpr std::string_view kEnd = "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
constexpr std::size_t kBatchEvents = 64;  // unpaced: 15 KiB for each send, so that the double is not what is slow

}  // namespace

void StreamModel::asked(std::shared_ptr<Peer> const& peer) {
  peer->streaming = true;
  peer->events_sent = 0;
  if (!peer->output.send(peer->descriptor, kHead)) peer->broken = true;
  if (interval_ > 0) due_.push_back({.when = now() + interval_, .peer = peer});
}

void StreamModel::writable(Peer& peer) {
  if (interval_ == 0 && peer.streaming) send(peer, kBatchEvents);
}

Nanos StreamModel::turn(Nanos now) {
  while (!due_.empty() && due_.front().when <= now) {
    auto next = due_.front();
    due_.pop_front();
    if (next.peer->closed || next.peer->broken) continue;
    send(*next.peer, 1);
    next.when += interval_;
    if (next.peer->streaming) due_.push_back(next);
  }
  return due_.empty() ? kNever : due_.front().when;
}

void StreamModel::send(Peer& peer, std::size_t most) {
  batch_.clear();
  auto const sent = now();
  for (; most > 0 && peer.events_sent < events_; --most) batch_.append(event_.chunk(peer.events_sent++, sent));
  if (peer.events_sent == events_) {
    batch_.append(kEnd);
    peer.streaming = false;
  }
  if (!peer.output.send(peer.descriptor, batch_)) peer.broken = true;
}

}  // namespace bench
