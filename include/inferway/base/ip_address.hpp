#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace inferway {

/// An IPv4 or IPv6 address without port or zone. An IPv4-mapped IPv6 address (::ffff:192.0.2.1) is the IPv4 one: a
/// socket that takes both shows the same client as either.
class IpAddress {
 public:
  using Bytes = std::array<std::uint8_t, 16>;

  IpAddress() = default;  ///< ::
  [[nodiscard]] static IpAddress v4(std::span<std::uint8_t const, 4> bytes);
  [[nodiscard]] static IpAddress v6(std::span<std::uint8_t const, 16> bytes);
  /// Dotted decimal without leading zeros, or RFC 4291 section 2.2; no brackets. Nothing for anything else.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] bool is_v4() const;
  /// IPv4 in its mapped form.
  [[nodiscard]] Bytes const& bytes() const { return bytes_; }
  /// Bits of the address: 32 or 128.
  [[nodiscard]] unsigned bits() const { return is_v4() ? 32 : 128; }
  /// With all bits behind the first `prefix` of bits() clear, or set.
  [[nodiscard]] IpAddress first_of(unsigned prefix) const;
  [[nodiscard]] IpAddress last_of(unsigned prefix) const;

  [[nodiscard]] auto operator<=>(IpAddress const&) const = default;

 private:
  Bytes bytes_{};
};

/// As RFC 5952 writes it.
[[nodiscard]] std::string to_string(IpAddress const& address);

/// 192.0.2.0/24: the addresses that begin with the same `prefix` bits. All others of `address` are 0.
struct IpNetwork {
  IpAddress address;
  unsigned prefix = 0;
  [[nodiscard]] bool operator==(IpNetwork const&) const = default;
};

/// Many networks, asked about one address in logarithmic time. ::/0 has no IPv4 address in it.
class IpSet {
 public:
  IpSet() = default;
  explicit IpSet(std::span<IpNetwork const> networks);

  [[nodiscard]] bool empty() const { return v4_.empty() && v6_.empty(); }
  [[nodiscard]] bool contains(IpAddress const& address) const;

 private:
  struct Range {
    IpAddress first;
    IpAddress last;
  };
  // In order, and apart from each other.
  std::vector<Range> v4_;
  std::vector<Range> v6_;
};

}  // namespace inferway
