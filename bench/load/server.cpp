#include "server.hpp"

#include "sockets.hpp"

#include <unistd.h>

namespace bench {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} * 1024;

}  // namespace

bool Model::bytes(Peer& /*peer*/, std::string_view /*bytes*/) { return false; }
void Model::writable(Peer& /*peer*/) {}
bool Model::wants_room(Peer const& /*peer*/) const { return false; }
Nanos Model::turn(Nanos /*now*/) { return kNever; }

Server::Server(std::uint16_t port, Content const& expected, Model& model)
    : listener_(listen_on(port)), expected_(expected), model_(model), space_(kReadBytes, '\0') {
  poller_.add(listener_, EPOLLIN, nullptr);
}

void Server::run() {
  for (;;) {
    auto const due = model_.turn(now());
    for (auto const& event : poller_.wait(due)) {
      if (event.data.ptr == nullptr) {
        accept_all();
      } else {
        auto const peer = peers_.at(static_cast<Peer*>(event.data.ptr));  // kept while it is looked at
        ready(peer, event.events);
      }
    }
  }
}

void Server::accept_all() {
  for (int accepted = accept_from(listener_); accepted >= 0; accepted = accept_from(listener_)) {
    auto const peer = std::make_shared<Peer>();
    peer->descriptor = accepted;
    peers_[peer.get()] = peer;
    poller_.add(accepted, EPOLLIN, peer.get());
  }
}

void Server::ready(std::shared_ptr<Peer> const& peer, std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) {
    if (peer->output.waits() && !peer->output.flush(peer->descriptor)) peer->broken = true;
    if (!peer->output.waits() && !peer->broken) model_.writable(*peer);
  }
  if ((events & ~std::uint32_t{EPOLLOUT}) != 0 && !read(peer)) return close(*peer);
  if (peer->broken) return close(*peer);
  poll_output(*peer);
}

bool Server::read(std::shared_ptr<Peer> const& peer) {
  std::string_view bytes;
  switch (receive(peer->descriptor, space_.data(), space_.size(), bytes)) {
    case Received::nothing: return true;
    case Received::end: return false;
    case Received::bytes: return peer->upgraded ? model_.bytes(*peer, bytes) : consume(peer, bytes);
  }
  return false;
}

bool Server::consume(std::shared_ptr<Peer> const& peer, std::string_view bytes) {
  for (;;) {
    switch (peer->reader.next(bytes)) {
      case MessageReader::Step::need_more: return true;
      case MessageReader::Step::bad: return false;
      case MessageReader::Step::head: peer->body_at = 0; break;
      case MessageReader::Step::body:
        if (!expected_.is(peer->body_at, peer->reader.part())) return false;
        peer->body_at += peer->reader.part().size();
        break;
      case MessageReader::Step::done:
        if (peer->body_at != expected_.size()) return false;
        model_.asked(peer);
        break;
    }
  }
}

void Server::poll_output(Peer& peer) const {
  bool const wanted = peer.output.waits() || model_.wants_room(peer);
  if (wanted == peer.polls_output) return;
  peer.polls_output = wanted;
  poller_.change(peer.descriptor, wanted ? EPOLLIN | EPOLLOUT : EPOLLIN, &peer);
}

void Server::close(Peer& peer) {
  peer.closed = true;
  ::close(peer.descriptor);
  peers_.erase(&peer);
}

}  // namespace bench
