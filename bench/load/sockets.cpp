#include "sockets.hpp"

#include "arguments.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {
namespace {

constexpr std::size_t kConnectionsPerAddress = 8192;

sockaddr_in loopback(std::uint32_t last, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(0x7F000000U + last);
  return address;
}

sockaddr const* generic(sockaddr_in const& address) { return reinterpret_cast<sockaddr const*>(&address); }

void set(int descriptor, int level, int name, int value) {
  if (::setsockopt(descriptor, level, name, &value, sizeof value) != 0) fail("setsockopt failed");
}

}  // namespace

void raise_file_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void sharpen_timers() { ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); }

int listen_on(std::uint16_t port) {
  int const listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0) fail("no socket");
  set(listener, SOL_SOCKET, SO_REUSEADDR, 1);
  auto const address = loopback(1, port);
  if (::bind(listener, generic(address), sizeof address) != 0) fail("cannot bind the port");
  if (::listen(listener, 16384) != 0) fail("cannot listen");
  return listener;
}

int accept_from(int listener) {
  int const accepted = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted >= 0) set(accepted, IPPROTO_TCP, TCP_NODELAY, 1);
  if (accepted < 0 && errno == EMFILE) fail("no file descriptors left");
  return accepted;
}

int connect_to(std::uint16_t port, std::size_t number) {
  int const descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail("no socket: too few file descriptors?");
  set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  auto const source = loopback(static_cast<std::uint32_t>(2 + number / kConnectionsPerAddress), 0);
  if (::bind(descriptor, generic(source), sizeof source) != 0) fail("cannot bind a source address");
  auto const target = loopback(1, port);
  if (::connect(descriptor, generic(target), sizeof target) != 0 && errno != EINPROGRESS) fail("cannot connect");
  return descriptor;
}

void reset(int descriptor) {
  linger const at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(descriptor);
}

Received receive(int descriptor, char* space, std::size_t size, std::string_view& bytes) {
  auto const got = ::recv(descriptor, space, size, 0);
  if (got > 0) {
    bytes = {space, static_cast<std::size_t>(got)};
    return Received::bytes;
  }
  bytes = {};
  return got < 0 && (errno == EAGAIN || errno == EINTR) ? Received::nothing : Received::end;
}

}  // namespace bench
