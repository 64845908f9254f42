#pragma once

#include "inferway/net/descriptor.hpp"
#include "inferway/net/loop.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace inferway::app {

/// A listening socket on its way to the next process.
struct HandedOn {
  int descriptor;
  bool owned;  ///< bound by us, not by whoever started us
};

/// Another process of the same program (whatever stands at its path by now) with the same arguments, which is given the
/// listening sockets and then says that it is ready: the way to a new version without a moment in which nobody listens.
/// The sockets are announced as socket activation does (LISTEN_FDS), and INFERWAY_READY_FD names the pipe on which the
/// new process says so.
class Upgrade final : private net::Source, private net::Watcher {
 public:
  /// How long the new process may take.
  static constexpr Duration kPatience = std::chrono::seconds(60);

  /// `done(true)`: it serves. `done(false)`: it did not come up, which has been logged, and it is gone. Called on the
  /// loop, once. Throws std::runtime_error when nothing could be started.
  Upgrade(net::Loop& loop, std::vector<HandedOn> const& sockets, std::string const& notify_socket,
          std::function<void(bool)> done);
  /// Ends the new process, unless `done` was or will be called.
  ~Upgrade();

  [[nodiscard]] int pid() const { return pid_; }

 private:
  void on_events(std::uint32_t events) override;
  void notify() override;
  void finish(bool ready, std::string const& why);
  void stop_watching();
  void stop();

  net::Loop& loop_;
  std::function<void(bool)> done_;
  net::Descriptor pipe_;
  net::Deadline deadline_;
  int pid_ = -1;
  bool watching_ = false;
};

/// The other end of it: this process follows a gateway that waits to hear that it is ready.
class Predecessor {
 public:
  /// Takes INFERWAY_READY_FD out of the environment, so no other thread may run yet.
  [[nodiscard]] static Predecessor from_environment();

  [[nodiscard]] bool is_there() const { return static_cast<bool>(pipe_); }
  /// It may end.
  void ready();

 private:
  net::Descriptor pipe_;
};

}  // namespace inferway::app
