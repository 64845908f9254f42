#pragma once

#include "inferway/net/address.hpp"
#include "inferway/net/loop.hpp"
#include "inferway/telemetry/telemetry.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace inferway::net {

/// Whether [::] takes IPv4 too. It does, as people expect of "all addresses", unless the same port of an IPv4 address
/// has a listener of its own.
enum class V6Only : std::uint8_t { no, yes };

/// A listening TCP socket, shared by all workers. Errors when it cannot be bound: std::system_error that names the
/// address.
[[nodiscard]] Descriptor listen_on(Address const& address, std::string const& shown_as, V6Only v6_only = V6Only::no);
/// The port that a listening socket got; 0 for a Unix socket.
[[nodiscard]] std::uint16_t bound_port(Descriptor const& listening);

using OnConnection = std::function<void(Descriptor, Address const& peer)>;

/// Takes all connections that wait on a listening socket now. What goes on coming does not hold it up for ever.
void accept_all(Descriptor const& listening, OnConnection const& on_connection);

/// Accepts on a shared listening socket for one loop. Each new connection wakes one loop only.
class Acceptor final : private Source, private Watcher {
 public:
  /// `pauses`: counts how often it had to rest for want of descriptors.
  Acceptor(Loop& loop, Descriptor const& listening, OnConnection on_connection, telemetry::Counter& pauses);
  ~Acceptor();

  /// Takes no more connections. The listening socket itself stays open.
  void stop();

 private:
  void on_events(std::uint32_t events) override;
  void notify() override;  ///< the pause after running out of descriptors is over
  void accept_some();
  void rest(int why);
  void recovered();

  Loop& loop_;
  int listening_;
  OnConnection on_connection_;
  telemetry::Counter& pauses_;
  Deadline pause_;
  TimePoint resting_since_ = TimePoint::min();  ///< min(): it is not
  TimePoint quiet_until_ = TimePoint::min();    ///< no further line in the log before
  bool told_ = false;                           ///< the log knows of this rest
  bool active_ = false;
  bool stopped_ = false;
};

}  // namespace inferway::net
