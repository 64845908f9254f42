#pragma once

#include "inferway/net/address.hpp"
#include "inferway/net/descriptor.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace inferway::app {

/// Listening sockets that whoever started this process opened for it: systemd's socket activation, sd_listen_fds(3);
/// or a gateway that this one is to follow (upgrade.hpp).
class Inherited {
 public:
  /// The name (LISTEN_FDNAMES) of a socket that a gateway bound itself and hands on.
  static constexpr std::string_view kOwned = "inferway-own";

  /// None.
  Inherited() = default;
  /// What LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES announce; nothing when LISTEN_PID names another process. The
  /// variables are removed from the environment, so no other thread may run yet. std::runtime_error when they are
  /// malformed, or name what is no listening stream socket.
  [[nodiscard]] static Inherited from_environment();

  struct Taken {
    net::Descriptor socket;
    bool owned;  ///< the gateway before this one had bound it: the file of a Unix socket is ours by now
  };
  /// The socket that is bound to `address`, non-blocking and closed on exec. Each is given once.
  [[nodiscard]] std::optional<Taken> take(net::Address const& address);
  /// They come from a gateway that goes on until this one is ready, and that still serves those which the configuration
  /// does not name any more: here they are just closed.
  void accept_others() { others_wanted_ = true; }
  /// Before anything is bound: std::runtime_error that names the sockets which are bound to none of these.
  void expect_only(std::vector<net::Address> const& wanted) const;
  /// std::runtime_error that names the sockets nobody took: they would never be accepted on.
  void expect_none_left() const;

 private:
  struct Socket {
    net::Descriptor descriptor;
    std::string shown;  ///< number and name, for people
    net::Address bound;
    bool owned;
  };
  void add(int number, std::string const& name);
  template <typename Wrong>
  void refuse_if(Wrong wrong) const;

  std::vector<Socket> sockets_;
  bool others_wanted_ = false;
};

}  // namespace inferway::app
