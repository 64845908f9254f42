#include "proxy_header_v2.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace inferway::http {

namespace {

enum class Command : std::uint8_t { local = 0, proxy = 1 };
enum class Family : std::uint8_t { unspec = 0, inet = 1, inet6 = 2, unix = 3 };
enum class Protocol : std::uint8_t { unspec = 0, stream = 1, datagram = 2 };

constexpr std::size_t kTlvHead = 3;  // type, length
constexpr std::uint8_t kTypeCrc32c = 0x03;

std::unexpected<Error> bad(std::string_view what) {
  return client_error(ErrorCode::bad_request, "the PROXY header " + std::string(what));
}

std::uint8_t byte_at(std::string_view bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }
std::size_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::size_t>(byte_at(bytes, at)) << 8 | byte_at(bytes, at + 1);
}

Command command_of(std::string_view header) { return static_cast<Command>(byte_at(header, 12) & 0xF); }
Family family_of(std::string_view header) { return static_cast<Family>(byte_at(header, 13) >> 4); }
Protocol protocol_of(std::string_view header) { return static_cast<Protocol>(byte_at(header, 13) & 0xF); }

/// Two addresses, and two ports where there are any.
std::size_t address_bytes(Family family) {
  switch (family) {
    case Family::inet: return 2 * 4 + 2 * 2;
    case Family::inet6: return 2 * 16 + 2 * 2;
    case Family::unix: return 2 * 108;
    case Family::unspec: break;
  }
  return 0;
}

/// CRC-32C (Castagnoli) over the header with the bytes at `hole`, those of the checksum itself, taken for zeros.
std::uint32_t crc32c(std::string_view header, std::size_t hole) {
  constexpr std::uint32_t kReversedPolynomial = 0x82F63B78;
  std::uint32_t crc = 0xFFFFFFFF;
  for (std::size_t i = 0; i < header.size(); ++i) {
    crc ^= i - hole < sizeof crc ? 0 : byte_at(header, i);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kReversedPolynomial : 0);
  }
  return ~crc;
}

std::uint32_t checksum_at(std::string_view header, std::size_t at) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < sizeof out; ++i) out = out << 8 | byte_at(header, at + i);
  return out;
}

/// What follows the addresses: of all of these only the checksum is of use here.
Result<void> check_tlvs(std::string_view header, std::size_t at) {
  while (at < header.size()) {
    if (header.size() - at < kTlvHead) return bad("has a field that ends behind it");
    auto const type = byte_at(header, at);
    auto const size = number_at(header, at + 1);
    at += kTlvHead;
    if (header.size() - at < size) return bad("has a field that ends behind it");
    if (type == kTypeCrc32c) {
      if (size != sizeof(std::uint32_t)) return bad("has a checksum of another size");
      if (checksum_at(header, at) != crc32c(header, at)) return bad("has another checksum than it says");
    }
    at += size;
  }
  return {};
}

}  // namespace

Result<std::size_t> proxy_v2_size(std::string_view fixed) {
  if (byte_at(fixed, 12) >> 4 != 2) return bad("is of no version that is known");
  auto const command = command_of(fixed);
  if (command != Command::local && command != Command::proxy) return bad("has no command that is known");
  // The family of LOCAL is to be ignored, whatever it is.
  if (command == Command::proxy && (family_of(fixed) > Family::unix || protocol_of(fixed) > Protocol::datagram)) {
    return bad("has no family or protocol that is known");
  }
  return kProxyFixedBytes + number_at(fixed, 14);
}

Result<std::optional<IpAddress>> parse_proxy_v2(std::string_view header) {
  auto const family = family_of(header);
  bool const unspecified = family == Family::unspec || protocol_of(header) == Protocol::unspec;
  if (command_of(header) == Command::local || unspecified) return std::nullopt;
  auto const addresses = address_bytes(family);
  if (header.size() - kProxyFixedBytes < addresses) return bad("is too short for its addresses");
  if (auto const checked = check_tlvs(header, kProxyFixedBytes + addresses); !checked) {
    return std::unexpected(checked.error());
  }
  if (family == Family::unix || protocol_of(header) == Protocol::datagram) return std::nullopt;
  std::array<std::uint8_t, 16> source{};
  for (std::size_t i = 0; i < source.size() && i < addresses; ++i) source[i] = byte_at(header, kProxyFixedBytes + i);
  if (family == Family::inet6) return IpAddress::v6(source);
  return IpAddress::v4(std::span(source).first<4>());
}

}  // namespace inferway::http
