#pragma once

#include "server.hpp"
#include "web_message.hpp"

namespace bench {

/// Accepts WebSockets and sends each message back.
class EchoModel : public Model {
 public:
  void asked(std::shared_ptr<Peer> const& peer) override;
  bool bytes(Peer& peer, std::string_view bytes) override;

 private:
  bool echo(Peer& peer, std::string_view frame);

  WebMessage received_{WebMessage::From::client};
  WebMessage sent_{WebMessage::From::server};
};

}  // namespace bench
