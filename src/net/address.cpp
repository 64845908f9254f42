#include "inferway/net/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <netinet/in.h>

namespace inferway::net {

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

}  // namespace inferway::net
