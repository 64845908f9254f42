#pragma once

#include <chrono>
#include <string>

namespace inferway::app {

/// Tells whoever supervises this process how it stands: systemd's Type=notify, sd_notify(3). Does nothing when nobody
/// wants to know.
class ServiceManager {
 public:
  ServiceManager() = default;
  /// Takes NOTIFY_SOCKET (a path, or @ and an abstract name) out of the environment, so no other thread may run yet.
  [[nodiscard]] static ServiceManager from_environment();

  /// Requests are served from now on.
  void ready(std::string const& status) const;
  /// The end has begun, and takes no longer than `at_most`: that much more time is asked for, since the supervisor's
  /// own limit (TimeoutStopSec, 90 s by default) may be shorter.
  void stopping(std::string const& status, std::chrono::milliseconds at_most) const;
  /// Another process, which is ready, is the service from now on.
  void followed_by(int process) const;

  /// NOTIFY_SOCKET, for a process that follows this one.
  [[nodiscard]] std::string const& socket() const { return socket_; }

 private:
  explicit ServiceManager(std::string socket) : socket_(std::move(socket)) {}
  void tell(std::string const& state) const;

  std::string socket_;
};

}  // namespace inferway::app
