#pragma once

#include "inferway/base/error.hpp"
#include "inferway/net/address.hpp"
#include "inferway/net/loop.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <sys/uio.h>

namespace inferway::net {

enum class IoStatus : std::uint8_t {
  ok,
  blocked,  ///< nothing could be done now; the watcher is told when it is worth another try
  closed,   ///< read: the peer ended its side in order
  failed,   ///< reset or broken
};

struct IoResult {
  IoStatus status = IoStatus::blocked;
  std::size_t bytes = 0;
};

/// A connected stream socket of one loop. Readiness-based: tries never block, and cost no system call when the kernel
/// is known to have nothing. Loop thread only.
class Stream final : private Source {
 public:
  /// Takes a connected socket over (it is made non-blocking, with TCP_NODELAY where that applies).
  Stream(Loop& loop, Descriptor descriptor);
  /// Begins to connect. Errors: connect_failed at once (no socket to be had, no route).
  [[nodiscard]] static Result<std::unique_ptr<Stream>> connect(Loop& loop, Address const& to);
  ~Stream();

  /// Whom to tell when something may have changed; nullptr: nobody.
  void watch(Watcher* watcher) { watcher_ = watcher; }

  /// While connecting: nothing yet. Then whether it is connected; the error names the cause (refused, unreachable).
  [[nodiscard]] std::optional<Result<void>> connected();

  [[nodiscard]] IoResult try_read(std::span<char> into);
  /// Writes as much of the pieces as the kernel takes in one call.
  [[nodiscard]] IoResult try_write(std::span<iovec const> pieces);

  [[nodiscard]] bool readable() const { return readable_; }
  [[nodiscard]] bool writable() const { return writable_; }
  /// The peer ended its side, or the connection broke, whether or not bytes before that are still unread.
  [[nodiscard]] bool hung_up() const { return hung_up_; }

  void shutdown_write();
  /// The coming close sends a reset instead of an orderly end: for a body whose end is the connection's end.
  void reset_on_close();
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  [[nodiscard]] Loop& loop() const { return loop_; }

 private:
  Stream(Loop& loop, Descriptor descriptor, bool connecting);
  void on_events(std::uint32_t events) override;

  Loop& loop_;
  Descriptor descriptor_;
  Watcher* watcher_ = nullptr;
  bool connecting_ = false;
  bool readable_ = false;
  bool writable_ = true;
  bool hung_up_ = false;
};

}  // namespace inferway::net
