#pragma once

#include "inferway/net/address.hpp"
#include "inferway/net/descriptor.hpp"

#include <optional>
#include <string>
#include <vector>

namespace inferway::app {

/// Listening sockets that whoever started this process opened for it: systemd's socket activation, sd_listen_fds(3).
class Inherited {
 public:
  /// None.
  Inherited() = default;
  /// What LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES announce; nothing when LISTEN_PID names another process. The
  /// variables are removed from the environment, so no other thread may run yet. std::runtime_error when they are
  /// malformed, or name what is no listening stream socket.
  [[nodiscard]] static Inherited from_environment();

  /// The socket that is bound to `address`, non-blocking and closed on exec. Each is given once.
  [[nodiscard]] std::optional<net::Descriptor> take(net::Address const& address);
  /// Before anything is bound: std::runtime_error that names the sockets which are bound to none of these.
  void expect_only(std::vector<net::Address> const& wanted) const;
  /// std::runtime_error that names the sockets nobody took: they would never be accepted on.
  void expect_none_left() const;

 private:
  struct Socket {
    net::Descriptor descriptor;
    std::string shown;  ///< number and name, for people
    net::Address bound;
  };
  void add(int number, std::string const& name);
  template <typename Wrong>
  void refuse_if(Wrong wrong) const;

  std::vector<Socket> sockets_;
};

}  // namespace inferway::app
