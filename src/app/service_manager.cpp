#include "service_manager.hpp"

#include "environment.hpp"
#include "inferway/net/descriptor.hpp"
#include "inferway/telemetry/log.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <system_error>

namespace inferway::app {

namespace {

/// A supervisor that reads nothing must not hold us up.
constexpr timeval kPatience{.tv_sec = 1, .tv_usec = 0};

/// 0, or what errno says.
int send_datagram(std::string_view to, std::string_view text) {
  sockaddr_un address{};
  if (to.size() >= sizeof address.sun_path || (to.front() != '/' && to.front() != '@')) return EINVAL;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, to.data(), to.size());
  if (to.front() == '@') address.sun_path[0] = '\0';
  auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + to.size());
  net::Descriptor const socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return errno;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  auto const* const where = reinterpret_cast<sockaddr const*>(&address);
  return ::sendto(socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT, where, size) < 0 ? errno : 0;
}

}  // namespace

ServiceManager ServiceManager::from_environment() { return ServiceManager(take_variable("NOTIFY_SOCKET")); }

void ServiceManager::ready(std::string const& status) const { tell("READY=1\nSTATUS=" + status); }

void ServiceManager::stopping(std::string const& status, std::chrono::milliseconds at_most) const {
  auto const microseconds = std::chrono::microseconds(at_most).count();
  tell("STOPPING=1\nSTATUS=" + status + "\nEXTEND_TIMEOUT_USEC=" + std::to_string(microseconds));
}

void ServiceManager::followed_by(int process) const {
  tell("MAINPID=" + std::to_string(process) + "\nREADY=1\nSTATUS=ready; the process before drains");
}

void ServiceManager::tell(std::string const& state) const {
  if (socket_.empty()) return;
  int const failure = send_datagram(socket_, state);
  if (failure == 0) return;
  telemetry::log_warn("the service manager was not told (NOTIFY_SOCKET): " + std::system_category().message(failure));
}

}  // namespace inferway::app
