#include "inferway/net/stream.hpp"

#include "tls_session.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace inferway::net {

namespace {

constexpr std::uint32_t kInterest = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

/// Pieces of so many bytes together are copied into one: that costs less than what the kernel takes for a list of them.
constexpr std::size_t kCopied = 4096;

// The C library's recv() and send() are points at which a thread may be cancelled: in a program with several threads
// that costs each call two locked instructions. Nobody is cancelled here.
ssize_t receive(int descriptor, std::span<char> into) {
  return ::syscall(SYS_recvfrom, descriptor, into.data(), into.size(), 0, nullptr, nullptr);
}
ssize_t send(int descriptor, void const* bytes, std::size_t size) {
  return ::syscall(SYS_sendto, descriptor, bytes, size, MSG_NOSIGNAL, nullptr, 0);
}

ssize_t send_copied(int descriptor, std::span<iovec const> pieces) {
  std::array<char, kCopied> whole;  // filled below
  std::size_t size = 0;
  for (auto const& piece : pieces) {
    if (piece.iov_len > 0) std::memcpy(whole.data() + size, piece.iov_base, piece.iov_len);
    size += piece.iov_len;
  }
  return send(descriptor, whole.data(), size);
}

ssize_t send_pieces(int descriptor, std::span<iovec const> pieces, std::size_t bytes) {
  if (pieces.size() == 1) return send(descriptor, pieces[0].iov_base, pieces[0].iov_len);
  if (bytes <= kCopied) return send_copied(descriptor, pieces);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());  // the kernel reads it only
  message.msg_iovlen = pieces.size();
  return ::sendmsg(descriptor, &message, MSG_NOSIGNAL);
}

/// Tokens go out as they come: never held back to fill a segment.
void set_no_delay(int descriptor) {
  int const on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // fails on Unix sockets, which need none
}

std::unexpected<Error> connect_error(int code) {
  return upstream_error(ErrorCode::connect_failed, std::system_category().message(code));
}

/// No socket for a new connection: nothing the backend can be blamed for, nor another one would be better at.
std::unexpected<Error> socket_error(int code) {
  if (code != EMFILE && code != ENFILE && code != ENOBUFS && code != ENOMEM) return connect_error(code);
  return gateway_error(ErrorCode::overloaded, std::string("no connection to a backend: ") + ::strerrordesc_np(code));
}

}  // namespace

Stream::Stream(Loop& loop, Descriptor descriptor) : Stream(loop, std::move(descriptor), false) {}

Stream::Stream(Loop& loop, Descriptor descriptor, bool connecting)
    : loop_(loop), descriptor_(std::move(descriptor)), connecting_(connecting), writable_(!connecting) {
  set_no_delay(descriptor_.get());
  loop_.add(*this, descriptor_.get(), kInterest);
}

Stream::~Stream() { loop_.remove(*this, descriptor_.get()); }

Result<std::unique_ptr<Stream>> Stream::connect(Loop& loop, Address const& to) {
  Descriptor descriptor(::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor) return socket_error(errno);
  if (::connect(descriptor.get(), to.data(), to.size()) != 0 && errno != EINPROGRESS) {
    // A Unix socket cannot be waited for: it says at once that too many wait already.
    if (errno == EAGAIN && to.family() == AF_UNIX) errno = EBUSY;
    return connect_error(errno);
  }
  return std::unique_ptr<Stream>(new Stream(loop, std::move(descriptor), true));
}

std::optional<Result<void>> Stream::connected() {
  if (!connecting_) return Result<void>{};
  if (!writable_ && !hung_up_) return std::nullopt;
  int code = 0;
  socklen_t size = sizeof code;
  ::getsockopt(descriptor_.get(), SOL_SOCKET, SO_ERROR, &code, &size);
  connecting_ = false;
  if (code != 0) return connect_error(code);
  return Result<void>{};
}

void Stream::on_events(std::uint32_t events) {
  bool const was_readable = readable_;
  bool const was_writable = writable_;
  bool const had_hung_up = hung_up_;
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) writable_ = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) hung_up_ = true;
  if (closing_ && writable_) shutdown_write();
  bool const had_broken = broken_;
  if ((events & EPOLLERR) != 0) broken_ = true;
  bool const news =
      was_readable != readable_ || was_writable != writable_ || had_hung_up != hung_up_ || had_broken != broken_;
  if (news && watcher_ != nullptr) watcher_->notify();
}

IoResult Stream::try_read(std::span<char> into) {
  auto const result = tls_ != nullptr ? tls_->read(into) : socket_read(into);
  broken_ = broken_ || result.status == IoStatus::failed;
  return result;
}

IoResult Stream::try_write(std::span<iovec const> pieces) {
  auto const result = tls_ != nullptr ? tls_->write(pieces) : socket_write(pieces);
  broken_ = broken_ || result.status == IoStatus::failed;
  return result;
}

IoResult Stream::socket_read(std::span<char> into) {
  if (!readable_) return {IoStatus::blocked, 0};
  while (true) {
    auto const got = receive(descriptor_.get(), into);
    if (got > 0) {
      auto const bytes = static_cast<std::size_t>(got);
      // A short read means the queue was empty; what comes later is a new edge. After a hang-up there is none.
      if (bytes < into.size() && !hung_up_) readable_ = false;
      return {IoStatus::ok, bytes};
    }
    if (got == 0) {
      hung_up_ = true;
      return {IoStatus::closed, 0};
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      readable_ = false;
      return {IoStatus::blocked, 0};
    }
    hung_up_ = true;
    return {IoStatus::failed, 0};
  }
}

IoResult Stream::peek(std::span<char> into) {
  if (!readable_) return {IoStatus::blocked, 0};
  while (true) {
    auto const got = ::recv(descriptor_.get(), into.data(), into.size(), MSG_PEEK);
    if (got > 0) return {IoStatus::ok, static_cast<std::size_t>(got)};
    if (got < 0 && errno == EINTR) continue;
    bool const nothing = got < 0 && errno == EAGAIN;
    if (nothing) readable_ = false;
    if (!nothing) hung_up_ = true;
    return {nothing ? IoStatus::blocked : got == 0 ? IoStatus::closed : IoStatus::failed, 0};
  }
}

IoResult Stream::socket_write(std::span<iovec const> pieces) {
  if (!writable_) return {IoStatus::blocked, 0};
  std::size_t offered = 0;
  for (auto const& piece : pieces) offered += piece.iov_len;
  while (true) {
    auto const put = send_pieces(descriptor_.get(), pieces, offered);
    if (put >= 0) {
      // A short write filled the queue: its next room is a new edge.
      if (static_cast<std::size_t>(put) < offered) writable_ = false;
      return {IoStatus::ok, static_cast<std::size_t>(put)};
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      writable_ = false;
      return {IoStatus::blocked, 0};
    }
    hung_up_ = true;
    readable_ = true;  // whatever came before the break, and the break itself, can be read
    return {IoStatus::failed, 0};
  }
}

void Stream::shutdown_write() {
  closing_ = tls_ != nullptr && !tls_->close_write();
  if (!closing_) ::shutdown(descriptor_.get(), SHUT_WR);
}

void Stream::reset_on_close() {
  linger const now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void Stream::start_tls(TlsServerContext::Shared context) {
  tls_ = std::make_unique<TlsSession>(*this, std::move(context));
}
void Stream::start_tls(TlsClientSide const& side) { tls_ = std::make_unique<TlsSession>(*this, side); }
std::optional<Result<void>> Stream::handshake() { return tls_->handshake(); }
bool Stream::tls_resumed() const { return tls_ != nullptr && tls_->resumed(); }
bool Stream::tls_offered_session() const { return tls_ != nullptr && tls_->offered_session(); }
TlsClientContext const* Stream::trust() const { return tls_ != nullptr ? tls_->trust() : nullptr; }
TlsFailure Stream::tls_failure() const { return tls_ != nullptr ? tls_->failure() : TlsFailure::other; }
std::string_view Stream::tls_trouble() const { return tls_ != nullptr ? tls_->failure_text() : std::string_view(); }
bool Stream::tls_ended() const { return tls_->peer_closed(); }
void Stream::drop_tls() {
  tls_.reset();
  tls_pending_ = false;
}

}  // namespace inferway::net
