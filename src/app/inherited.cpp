#include "inherited.hpp"

#include "environment.hpp"
#include "inferway/base/text.hpp"

#include <algorithm>
#include <fcntl.h>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace inferway::app {

namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
constexpr std::uint64_t kMost = 1024;

std::string shown(net::Address const& address) {
  if (address.family() == AF_UNIX) return "unix:" + address.path();
  auto const port = ":" + std::to_string(address.port());
  return address.family() == AF_INET6 ? "[" + address.host_text() + "]" + port : address.host_text() + port;
}

int option(int descriptor, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

}  // namespace

Inherited Inherited::from_environment() {
  auto const pid = take_variable("LISTEN_PID");
  auto const count_text = take_variable("LISTEN_FDS");
  auto const names_text = take_variable("LISTEN_FDNAMES");
  Inherited out;
  if (pid.empty() || count_text.empty()) return out;
  auto const process = parse_decimal(pid);
  auto const count = parse_decimal(count_text);
  if (!process) throw std::runtime_error("LISTEN_PID is not the number of a process: " + pid);
  if (*process != static_cast<std::uint64_t>(::getpid())) return out;  // meant for a process before us
  if (!count || *count > kMost) throw std::runtime_error("LISTEN_FDS is no number up to 1024: " + count_text);
  std::string_view names = names_text;
  for (int i = 0; i < static_cast<int>(*count); ++i) {
    auto const end = std::min(names.find(':'), names.size());
    out.add(kFirst + i, std::string(names.substr(0, end)));
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return out;
}

void Inherited::add(int number, std::string const& name) {
  auto const label = "descriptor " + std::to_string(number) + (name.empty() ? "" : " (" + name + ")");
  if (::fcntl(number, F_SETFD, FD_CLOEXEC) != 0) {
    throw std::runtime_error(label + " was announced by LISTEN_FDS, but is not open");
  }
  net::Descriptor descriptor(number);
  auto bound = net::local_address(number);
  bool const known = bound && (bound->family() == AF_INET || bound->family() == AF_INET6 || bound->family() == AF_UNIX);
  if (!known || option(number, SO_TYPE) != SOCK_STREAM || option(number, SO_ACCEPTCONN) != 1) {
    throw std::runtime_error(label + ", inherited by LISTEN_FDS, is no listening stream socket");
  }
  ::fcntl(number, F_SETFL, ::fcntl(number, F_GETFL) | O_NONBLOCK);
  sockets_.push_back({std::move(descriptor), label + ", bound to " + shown(*bound), *bound, name == kOwned});
}

std::optional<Inherited::Taken> Inherited::take(net::Address const& address) {
  for (auto& socket : sockets_) {
    if (socket.descriptor && socket.bound == address) return Taken{std::move(socket.descriptor), socket.owned};
  }
  return std::nullopt;
}

void Inherited::expect_only(std::vector<net::Address> const& wanted) const {
  refuse_if([&](Socket const& socket) { return std::ranges::find(wanted, socket.bound) == wanted.end(); });
}

void Inherited::expect_none_left() const {
  refuse_if([](Socket const& socket) { return static_cast<bool>(socket.descriptor); });
}

template <typename Wrong>
void Inherited::refuse_if(Wrong wrong) const {
  if (others_wanted_) return;
  std::string left;
  for (auto const& socket : sockets_) {
    if (wrong(socket)) left += (left.empty() ? "" : "; ") + socket.shown;
  }
  if (left.empty()) return;
  throw std::runtime_error("inherited by LISTEN_FDS, but neither an address of listen nor admin.address: " + left);
}

}  // namespace inferway::app
