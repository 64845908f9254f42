#include "inferway/net/listener.hpp"

#include "backlog.hpp"
#include "inferway/telemetry/log.hpp"

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>

namespace inferway::net {

namespace {

/// Connections taken at one go; then the loop looks at its other sockets.
constexpr int kAcceptBatch = 16;
/// Without free descriptors accepting is no use until some are closed, and nothing tells when one is: it is tried again
/// that often. New connections meanwhile wait in the kernel's queue.
constexpr Duration kDescriptorPause = std::chrono::milliseconds(50);
/// Descriptors that come and go one by one would fill the log.
constexpr Duration kBetweenLines = std::chrono::seconds(10);

/// Twice what may wait: a flood of new connections does not keep us from ending.
constexpr int kMostWaiting = 2 * kBacklog;

/// False: errno says why not.
bool accept_one(int listening, OnConnection const& on_connection) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  int const accepted = ::accept4(listening, reinterpret_cast<sockaddr*>(&storage), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted < 0) return false;
  on_connection(Descriptor(accepted), Address(reinterpret_cast<sockaddr const*>(&storage), size));
  return true;
}

}  // namespace

Descriptor listen_on(Address const& address, std::string const& shown_as, V6Only v6_only) {
  auto const fail = [&](char const* what) {
    throw std::system_error(errno, std::generic_category(), std::string("cannot ") + what + " " + shown_as);
  };
  Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) fail("open a socket for");
  int const on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.family() == AF_INET6) {
    // Set in either case: the system's default (net.ipv6.bindv6only) differs between machines.
    int const only = v6_only == V6Only::yes ? 1 : 0;
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  }
  if (::bind(socket.get(), address.data(), address.size()) != 0) fail("bind");
  if (::listen(socket.get(), kBacklog) != 0) fail("listen on");
  return socket;
}

std::uint16_t bound_port(Descriptor const& listening) {
  auto const address = local_address(listening.get());
  return address ? address->port() : 0;
}

Acceptor::Acceptor(Loop& loop, Descriptor const& listening, OnConnection on_connection, telemetry::Counter& pauses)
    : loop_(loop),
      listening_(listening.get()),
      on_connection_(std::move(on_connection)),
      pauses_(pauses),
      pause_(loop.wheel(), *this) {
  notify();
}

Acceptor::~Acceptor() { stop(); }

void Acceptor::notify() {
  if (active_ || stopped_) return;
  loop_.add(*this, listening_, EPOLLIN | EPOLLEXCLUSIVE);
  active_ = true;
}

void Acceptor::stop() {
  stopped_ = true;
  pause_.disarm();
  if (active_) loop_.remove(*this, listening_);
  active_ = false;
}

void Acceptor::on_events(std::uint32_t) { accept_some(); }

void Acceptor::accept_some() {
  for (int i = 0; i < kAcceptBatch && active_; ++i) {
    if (accept_one(listening_, on_connection_)) {
      if (resting_since_ != TimePoint::min()) recovered();
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN) return;
    return rest(errno);
  }
}

void Acceptor::rest(int why) {
  pauses_.add();
  loop_.remove(*this, listening_);
  active_ = false;
  pause_.arm(loop_.now() + kDescriptorPause);
  if (resting_since_ == TimePoint::min()) resting_since_ = loop_.now();
  if (told_ || loop_.now() < quiet_until_) return;
  told_ = true;
  quiet_until_ = loop_.now() + kBetweenLines;
  telemetry::log_warn(std::string("accepting connections rests: ") + ::strerrordesc_np(why));
}

void Acceptor::recovered() {
  auto const rested = std::chrono::ceil<std::chrono::milliseconds>(loop_.now() - resting_since_);
  if (told_) telemetry::log_info("connections are accepted again after " + std::to_string(rested.count()) + " ms");
  resting_since_ = TimePoint::min();
  told_ = false;
}

void accept_all(Descriptor const& listening, OnConnection const& on_connection) {
  for (int left = kMostWaiting; left > 0; --left) {
    if (!accept_one(listening.get(), on_connection) && errno != EINTR && errno != ECONNABORTED) return;
  }
}

}  // namespace inferway::net
