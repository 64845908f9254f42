#pragma once

#include "inferway/http/frame_scanner.hpp"
#include "inferway/server/downstream.hpp"
#include "inferway/upstream/attempt.hpp"

#include <optional>

namespace inferway::proxy {

/// A WebSocket after its handshake: bytes both ways between a client and a backend, untouched, until both have ended.
/// What one side does not take stops the reading of the other. docs/websocket.md says what ends it, and how.
class Tunnel {
 public:
  /// A tunnel of which one side has ended is over when nothing comes from the other one for this long.
  static constexpr Duration kHalfClosed = std::chrono::seconds(5);
  /// How long both sides may take, at the gateway's end, to hear that it goes away and to say goodbye.
  static constexpr Duration kGoodbye = std::chrono::seconds(1);

  /// `idle`: since the last byte in either direction. `mask`: of the Close frame that the backend may get.
  Tunnel(server::Downstream& client, upstream::Attempt& backend, net::Loop& loop, Duration idle, std::uint32_t mask)
      : client_(client),
        backend_(backend),
        loop_(loop),
        idle_(idle),
        mask_(mask),
        deadline_(loop.wheel(), client.waiter()) {}

  /// When it returns, the backend's side is ended, and the client's is finished or still to be aborted. The error: why
  /// the tunnel did not end in order.
  [[nodiscard]] net::Task<std::optional<Error>> run();

 private:
  /// One direction: what came from its sender so far.
  struct Way {
    http::FrameScanner frames;
    bool ended = false;  ///< the sender has ended its side, or its connection broke: nothing more is read
    /// It ended behind a Close frame. However the rest comes to its end, it is in order.
    [[nodiscard]] bool said_all() const { return ended && frames.closed(); }
  };
  enum class Then : std::uint8_t { again, wait, over };

  [[nodiscard]] Result<Then> step();
  [[nodiscard]] Result<void> look();
  [[nodiscard]] Result<bool> pump_up();
  [[nodiscard]] Result<bool> pump_down();
  [[nodiscard]] Result<Then> silence() const;
  void touch();
  /// A Close frame has passed in each direction: nothing may come but the connections' ends.
  [[nodiscard]] bool all_said() const { return up_.frames.closed() && down_.frames.closed(); }

  [[nodiscard]] net::Task<> go_away();
  void say_goodbye();
  [[nodiscard]] bool hear();

  server::Downstream& client_;
  upstream::Attempt& backend_;
  net::Loop& loop_;
  Duration idle_;
  std::uint32_t mask_;
  net::Deadline deadline_;
  Way up_;    ///< from the client
  Way down_;  ///< from the backend
  // As look() found them. Held: has not taken all that was sent. Lost: the connection broke, and what is sent is thrown
  // away; what came before may still be read.
  bool client_held_ = false;
  bool client_lost_ = false;
  bool backend_held_ = false;
  bool backend_lost_ = false;
  bool client_cut_ = false;   ///< at the gateway's end: in the middle of a frame to it
  bool backend_cut_ = false;  ///< likewise
};

}  // namespace inferway::proxy
