#pragma once

#include "inferway/base/error.hpp"
#include "inferway/net/address.hpp"
#include "inferway/net/loop.hpp"
#include "inferway/net/tls.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <sys/uio.h>

namespace inferway::net {

enum class IoStatus : std::uint8_t {
  ok,
  blocked,  ///< nothing could be done now; the watcher is told when it is worth another try
  closed,   ///< read: the peer ended its side in order (TLS: by close_notify)
  failed,   ///< reset or broken (TLS: an end without close_notify, too: it may be a cut)
};

struct IoResult {
  IoStatus status = IoStatus::blocked;
  std::size_t bytes = 0;
};

/// A connected stream socket of one loop, with or without TLS. Readiness-based: tries never block, and cost no system
/// call when the kernel is known to have nothing. Loop thread only.
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

  /// From now on the connection speaks TLS, beginning with a handshake.
  void start_tls(TlsServerContext::Shared context);
  void start_tls(TlsClientSide const& side);
  /// Goes on with the handshake. Nothing: wait. Errors name the cause (see tls_failure()): of side client, bad_request;
  /// of side upstream, connect_failed.
  [[nodiscard]] std::optional<Result<void>> handshake();
  [[nodiscard]] bool secure() const { return tls_ != nullptr; }
  [[nodiscard]] bool tls_resumed() const;
  /// The handshake offered an earlier session, resumed or not.
  [[nodiscard]] bool tls_offered_session() const;
  /// What a connection to a backend is secure under.
  [[nodiscard]] TlsClientContext const* trust() const;
  [[nodiscard]] TlsFailure tls_failure() const;
  /// What broke the TLS stream, for people; "" without TLS, or when it was the connection that broke.
  [[nodiscard]] std::string_view tls_trouble() const;
  /// Goes on without TLS, to say something to a client that does not speak it.
  void drop_tls();

  [[nodiscard]] IoResult try_read(std::span<char> into);
  /// What try_read() would give without TLS, left there to be read.
  [[nodiscard]] IoResult peek(std::span<char> into);
  /// Writes as much of the pieces as the kernel takes. What was not taken must come first in the next call (of TLS it
  /// may be encrypted already).
  [[nodiscard]] IoResult try_write(std::span<iovec const> pieces);

  [[nodiscard]] bool readable() const { return readable_ || tls_pending_; }
  [[nodiscard]] bool writable() const { return writable_; }
  /// The peer ended its side, or the connection broke, whether or not bytes before that are still unread.
  [[nodiscard]] bool hung_up() const { return hung_up_ || (tls_ != nullptr && readable_ && tls_ended()); }
  /// The same, but for a TLS peer that has said goodbye and left its connection open: that takes a look at what has
  /// come, which costs a reader that is about to take it anyway.
  [[nodiscard]] bool socket_hung_up() const { return hung_up_; }
  /// The connection broke: nothing that is written arrives. What came before may still be read.
  [[nodiscard]] bool broken() const { return broken_; }
  /// Nothing for us has come, and nothing has ended. TLS may have had something to say to itself.
  [[nodiscard]] bool quiet() const { return !hung_up() && (tls_ == nullptr ? !readable_ : !tls_pending_); }

  /// Nothing more will be written. TLS says so to its peer (close_notify) as soon as there is room for it.
  void shutdown_write();
  /// shutdown_write() waits for that room; the stream must live on until it has it.
  [[nodiscard]] bool closing() const { return closing_; }
  /// The coming close sends a reset instead of an orderly end: for a body whose end is the connection's end.
  void reset_on_close();
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  [[nodiscard]] Loop& loop() const { return loop_; }

 private:
  friend class TlsSession;
  Stream(Loop& loop, Descriptor descriptor, bool connecting);
  void on_events(std::uint32_t events) override;
  [[nodiscard]] IoResult socket_read(std::span<char> into);
  [[nodiscard]] IoResult socket_write(std::span<iovec const> pieces);
  [[nodiscard]] bool tls_ended() const;

  Loop& loop_;
  Descriptor descriptor_;
  std::unique_ptr<TlsSession> tls_;
  Watcher* watcher_ = nullptr;
  bool connecting_ = false;
  bool readable_ = false;
  bool writable_ = true;
  bool hung_up_ = false;
  bool closing_ = false;
  bool tls_pending_ = false;  ///< decrypted, or to be decrypted without reading from the socket
  bool broken_ = false;
};

}  // namespace inferway::net
