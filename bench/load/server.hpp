#pragma once

#include "clock.hpp"
#include "content.hpp"
#include "message.hpp"
#include "output.hpp"
#include "poller.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>

namespace bench {

/// A connection of the model double.
struct Peer {
  int descriptor = -1;
  MessageReader reader;
  Output output;
  std::uint64_t body_at = 0;
  std::uint64_t events_sent = 0;  // of the stream that is being sent
  bool streaming = false;
  bool upgraded = false;  // what comes are messages, not requests
  bool closed = false;
  bool broken = false;  // could not be sent to: the end of the connection is about to be read
  bool polls_output = false;
  std::string partial;  // of a message
};

/// What a model double does with requests.
class Model {
 public:
  Model() = default;
  Model(Model const&) = delete;
  Model& operator=(Model const&) = delete;
  virtual ~Model() = default;

  /// A whole request has come, its body as expected.
  virtual void asked(std::shared_ptr<Peer> const& peer) = 0;
  /// Bytes on a connection that is upgraded. False: they are wrong, and the connection is closed.
  virtual bool bytes(Peer& peer, std::string_view bytes);
  /// There is room for more output, all that was sent having gone.
  virtual void writable(Peer& peer);
  /// Whether there is more to send as soon as there is room.
  virtual bool wants_room(Peer const& peer) const;
  /// Does what is due, and says when something is due again.
  virtual Nanos turn(Nanos now);
};

/// Accepts connections and reads requests, for ever. A request with a body other than the expected one ends its
/// connection: the client sees that as an error.
class Server {
 public:
  Server(std::uint16_t port, Content const& expected, Model& model);
  [[noreturn]] void run();

 private:
  void accept_all();
  void ready(std::shared_ptr<Peer> const& peer, std::uint32_t events);
  bool read(std::shared_ptr<Peer> const& peer);
  bool consume(std::shared_ptr<Peer> const& peer, std::string_view bytes);
  void poll_output(Peer& peer) const;
  void close(Peer& peer);

  int listener_;
  Content const& expected_;
  Model& model_;
  Poller poller_;
  std::unordered_map<Peer*, std::shared_ptr<Peer>> peers_;
  std::string space_;
};

}  // namespace bench
