#include "inferway/net/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstddef>
#include <cstring>
#include <netinet/in.h>
#include <sys/un.h>

namespace inferway::net {

namespace {

std::optional<Address> ask(int (*call)(int, sockaddr*, socklen_t*), int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (call(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return std::nullopt;
  return Address(reinterpret_cast<sockaddr const*>(&storage), size);
}

}  // namespace

Address::Address(sockaddr const* data, socklen_t size) : size_(std::min<socklen_t>(size, sizeof storage_)) {
  std::memcpy(&storage_, data, size_);
}

std::optional<Address> Address::literal(std::string_view host, std::uint16_t port) {
  std::string const text(host);
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return Address(reinterpret_cast<sockaddr const*>(&v4), sizeof v4);
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return Address(reinterpret_cast<sockaddr const*>(&v6), sizeof v6);
  }
  return std::nullopt;
}

std::optional<Address> Address::unix_path(std::string_view path) {
  sockaddr_un out{};
  if (path.empty() || path.size() >= sizeof out.sun_path) return std::nullopt;
  out.sun_family = AF_UNIX;
  std::memcpy(out.sun_path, path.data(), path.size());
  return Address(reinterpret_cast<sockaddr const*>(&out), sizeof out);
}

std::uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<sockaddr_in const*>(&storage_)->sin_port);
  if (family() == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6 const*>(&storage_)->sin6_port);
  return 0;
}

std::string Address::host_text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family() == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in const*>(&storage_)->sin_addr, text.data(), text.size());
  } else if (family() == AF_INET6) {
    auto const& address = reinterpret_cast<sockaddr_in6 const*>(&storage_)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
      ::inet_ntop(AF_INET, &address.s6_addr[12], text.data(), text.size());
    } else {
      ::inet_ntop(AF_INET6, &address, text.data(), text.size());
    }
  } else {
    return "unix";
  }
  return text.data();
}

std::string Address::path() const {
  constexpr auto kHead = offsetof(sockaddr_un, sun_path);
  if (family() != AF_UNIX || size_ <= kHead) return {};
  auto const& text = reinterpret_cast<sockaddr_un const*>(&storage_)->sun_path;
  auto const most = std::min<std::size_t>(size_ - kHead, sizeof text);
  if (text[0] == '\0') return most > 1 && text[1] != '\0' ? "@" + std::string(text + 1, most - 1) : std::string();
  return {text, ::strnlen(text, most)};
}

bool Address::operator==(Address const& other) const {
  if (family() != other.family() || port() != other.port()) return false;
  if (family() == AF_INET) {
    return reinterpret_cast<sockaddr_in const*>(&storage_)->sin_addr.s_addr ==
           reinterpret_cast<sockaddr_in const*>(&other.storage_)->sin_addr.s_addr;
  }
  if (family() == AF_INET6) {
    auto const& a = *reinterpret_cast<sockaddr_in6 const*>(&storage_);
    auto const& b = *reinterpret_cast<sockaddr_in6 const*>(&other.storage_);
    return IN6_ARE_ADDR_EQUAL(&a.sin6_addr, &b.sin6_addr) && a.sin6_scope_id == b.sin6_scope_id;
  }
  return path() == other.path();
}

std::optional<Address> local_address(int socket) { return ask(::getsockname, socket); }
std::optional<Address> peer_address(int socket) { return ask(::getpeername, socket); }

}  // namespace inferway::net
