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
  /// A Unix socket's path; nothing when it is empty or too long for one (107 bytes).
  [[nodiscard]] static std::optional<Address> unix_path(std::string_view path);

  [[nodiscard]] sockaddr const* data() const { return reinterpret_cast<sockaddr const*>(&storage_); }
  [[nodiscard]] socklen_t size() const { return size_; }
  [[nodiscard]] int family() const { return storage_.ss_family; }
  [[nodiscard]] std::uint16_t port() const;
  /// The address without port, as text; an IPv4-mapped IPv6 address as IPv4. "unix" for a Unix socket.
  [[nodiscard]] std::string host_text() const;
  /// A Unix socket's path; empty for one that has none, and for other families. An abstract name begins with '@'.
  [[nodiscard]] std::string path() const;

  /// The same place: family, address, port and scope, or path.
  [[nodiscard]] bool operator==(Address const& other) const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

/// Where a socket is bound. Nothing: it is no socket.
[[nodiscard]] std::optional<Address> local_address(int socket);
/// Whom a socket is connected to. Nothing: nobody.
[[nodiscard]] std::optional<Address> peer_address(int socket);

}  // namespace inferway::net
