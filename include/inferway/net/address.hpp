#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>

namespace inferway::net {

/// A socket address: IPv4 or IPv6 with port, or a Unix path.
class Address {
 public:
  Address() = default;
  Address(sockaddr const* data, socklen_t size);

  /// A literal IPv4 or IPv6 address (no brackets); nothing when `host` is a name.
  [[nodiscard]] static std::optional<Address> literal(std::string_view host, std::uint16_t port);

  [[nodiscard]] sockaddr const* data() const { return reinterpret_cast<sockaddr const*>(&storage_); }
  [[nodiscard]] socklen_t size() const { return size_; }
  [[nodiscard]] int family() const { return storage_.ss_family; }
  [[nodiscard]] std::uint16_t port() const;
  /// The address without port, as text; an IPv4-mapped IPv6 address as IPv4. "unix" for a Unix socket.
  [[nodiscard]] std::string host_text() const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

}  // namespace inferway::net
