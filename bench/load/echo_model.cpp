#include "echo_model.hpp"

#include <algorithm>

namespace bench {

void EchoModel::asked(std::shared_ptr<Peer> const& peer) {
  std::string const head =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
      std::string(kWebSocketAccept) + "\r\n\r\n";
  peer->upgraded = true;
  if (!peer->output.send(peer->descriptor, head)) peer->broken = true;
}

bool EchoModel::bytes(Peer& peer, std::string_view bytes) {
  while (!bytes.empty()) {
    auto const part = bytes.substr(0, std::min(bytes.size(), received_.frame_size() - peer.partial.size()));
    bytes.remove_prefix(part.size());
    if (part.size() == received_.frame_size()) {
      if (!echo(peer, part)) return false;
      continue;
    }
    peer.partial.append(part);
    if (peer.partial.size() < received_.frame_size()) return true;
    if (!echo(peer, peer.partial)) return false;
    peer.partial.clear();
  }
  return true;
}

bool EchoModel::echo(Peer& peer, std::string_view frame) {
  std::uint64_t number = 0;
  if (!received_.read(frame, number)) return false;
  return peer.output.send(peer.descriptor, sent_.frame(number));
}

}  // namespace bench
