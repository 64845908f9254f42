#include "admin_question.hpp"

#include "inferway/http/head.hpp"
#include "inferway/net/address.hpp"
#include "inferway/net/descriptor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>

namespace inferway::cli {
namespace {

template <typename T>
using Asked = std::expected<T, std::string>;

/// Head and body together: an admin port says "ready", not more.
constexpr std::size_t kMostAnswerBytes = 64 * 1024;

std::unexpected<std::string> failed(std::string_view what, int error) {
  return std::unexpected(std::string(what) + ": " + std::generic_category().message(error));
}

std::unexpected<std::string> late() { return std::unexpected(std::string("did not answer in time")); }

net::Address socket_address(config::Listen const& listen) {
  if (!listen.unix_path.empty()) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(listen.unix_path, address.sun_path);  // the configuration checked its length
    return {reinterpret_cast<sockaddr const*>(&address), sizeof address};
  }
  std::string_view host = listen.host;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  return net::Address::literal(host, listen.port).value_or(net::Address());
}

/// Waits for `events` on the socket: false when the deadline came first.
bool wait_for(net::Descriptor const& socket, short events, TimePoint deadline) {
  for (;;) {
    auto const left = std::chrono::ceil<Milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{.fd = socket.get(), .events = events, .revents = 0};
    int const most = std::numeric_limits<int>::max();
    int const ready = ::poll(&waiting, 1, static_cast<int>(std::min<decltype(left)>(left, most)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

Asked<net::Descriptor> connect(config::Listen const& listen, TimePoint deadline) {
  auto const address = socket_address(listen);
  net::Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return failed("cannot be asked", errno);
  if (::connect(socket.get(), address.data(), address.size()) == 0) return socket;
  if (errno != EINPROGRESS) return failed("cannot be connected to", errno);
  if (!wait_for(socket, POLLOUT, deadline)) return std::unexpected(std::string("cannot be connected to in time"));
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return failed("cannot be connected to", error);
  return socket;
}

Asked<void> send_all(net::Descriptor const& socket, std::string_view bytes, TimePoint deadline) {
  while (!bytes.empty()) {
    auto const sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_for(socket, POLLOUT, deadline)) return late();
    } else if (errno != EINTR) {
      return failed("does not take the question", errno);
    }
  }
  return {};
}

/// Appends what comes next; 0: the other side closed.
Asked<std::size_t> receive(net::Descriptor const& socket, std::string& into, TimePoint deadline) {
  std::array<char, 4096> bytes;
  for (;;) {
    if (!wait_for(socket, POLLIN, deadline)) return late();
    auto const got = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
    if (got >= 0) {
      into.append(bytes.data(), static_cast<std::size_t>(got));
      return static_cast<std::size_t>(got);
    }
    if (errno != EAGAIN && errno != EINTR) return failed("broke off", errno);
  }
}

/// The answer once `bytes` hold all of it, nothing while they do not. Only what an admin port says is understood: one
/// head whose body has a length.
Asked<std::optional<AdminAnswer>> parse(std::string_view bytes) {
  auto const end = http::find_head_end(bytes, 0);
  http::ResponseHead head;
  auto const strange = [](std::string const& why) {
    return std::unexpected("answers, but not as an admin port does: " + why);
  };
  if (!end) return strange(end.error().detail);
  if (end->size == 0) return std::nullopt;
  auto const parsed = head.parse(bytes.substr(0, end->size), {}, false);
  if (!parsed) return strange(parsed.error().detail);
  if (head.framing != http::BodyFraming::length) return strange("there is no Content-Length");
  auto const body = bytes.substr(end->size);
  if (head.content_length > kMostAnswerBytes) return strange("the body is too long");
  if (body.size() > head.content_length) return strange("there is more than one answer");
  if (body.size() < head.content_length) return std::nullopt;
  return AdminAnswer{.status = head.status, .body = std::string(body)};
}

}  // namespace

std::expected<AdminAnswer, std::string> ask_admin(config::Listen const& address, std::string_view path,
                                                  TimePoint deadline) {
  auto const socket = connect(address, deadline);
  if (!socket) return std::unexpected(socket.error());
  auto const question = "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  auto const sent = send_all(*socket, question, deadline);
  if (!sent) return std::unexpected(sent.error());
  for (std::string bytes; bytes.size() <= kMostAnswerBytes;) {
    auto const got = receive(*socket, bytes, deadline);
    if (!got) return std::unexpected(got.error());
    auto answer = parse(bytes);
    if (!answer) return std::unexpected(answer.error());
    if (*answer) return std::move(**answer);
    if (*got == 0) return std::unexpected(std::string("closed the connection before its answer was complete"));
  }
  return std::unexpected(std::string("answers, but not as an admin port does: it says too much"));
}

}  // namespace inferway::cli
