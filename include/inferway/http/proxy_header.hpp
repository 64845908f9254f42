#pragma once

#include "inferway/base/error.hpp"
#include "inferway/base/ip_address.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace inferway::http {

/// The header of the PROXY protocol, version 1 (a line) or 2 (binary), read as it comes. What a proxy puts before the
/// first byte of a connection to say whose it is. Rules: haproxy's proxy-protocol.txt, sections 2.1 and 2.2.
class ProxyHeaderParser {
 public:
  /// A line with its CRLF; the longest that the protocol knows.
  static constexpr std::size_t kMostV1 = 107;
  /// All of a binary header. The protocol allows 64 KiB; what senders put into it stays far below this.
  static constexpr std::size_t kMostV2 = 4096;

  /// Takes the bytes that come next; returns how many of them are the header's. What is behind the header is left.
  /// Errors: bad_request, at the first byte that no header can have there.
  [[nodiscard]] Result<std::size_t> feed(std::string_view bytes);
  /// The header is whole.
  [[nodiscard]] bool done() const { return done_; }
  /// Not a byte of it has come.
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  /// Whose connection it is. Nothing: the sender's own (LOCAL, as health checks are), or of somebody it has no address
  /// of (UNKNOWN, UNSPEC, a Unix socket, datagrams).
  [[nodiscard]] std::optional<IpAddress> const& source() const { return source_; }

 private:
  [[nodiscard]] Result<void> take(char byte);
  [[nodiscard]] Result<void> take_of_line(char byte);
  [[nodiscard]] Result<void> take_of_binary();

  std::string bytes_;     ///< of the header so far; at most kMostV2
  std::size_t size_ = 0;  ///< of all of a binary one; 0: not known yet
  std::optional<IpAddress> source_;
  bool done_ = false;
};

}  // namespace inferway::http
