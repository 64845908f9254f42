// The header of the PROXY protocol: cut anywhere it is read alike, and what is accepted says what a plain reader reads.

#include "inferway/http/proxy_header.hpp"

#include "fuzz.hpp"
#include "inferway/base/ip_address.hpp"
#include "inferway/base/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace inferway::fuzz {

namespace {

using http::ProxyHeaderParser;

struct Reading {
  bool refused = false;
  bool done = false;
  std::size_t size = 0;
  std::string source;  ///< "": nobody's
  bool operator==(Reading const&) const = default;
};

Reading read(Pieces const& pieces) {
  ProxyHeaderParser parser;
  Reading out;
  for (auto const& piece : pieces) {
    auto const taken = parser.feed(view(piece));
    if (!taken) return {.refused = true, .source = {}};
    must(*taken <= piece.size(), "no more is taken than there is");
    must(parser.done() || *taken == piece.size(), "all is taken until the header is whole");
    out.size += *taken;
    if (parser.done()) break;
  }
  out.done = parser.done();
  if (out.done && parser.source()) out.source = to_string(*parser.source());
  must(out.size <= std::max(ProxyHeaderParser::kMostV1, ProxyHeaderParser::kMostV2), "a header is bounded");
  return out;
}

/// An address as the C library writes it; an IPv4 one in IPv6's form as IPv4.
std::string shown(int family, unsigned char const* bytes) {
  static constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  bool const mapped = family == AF_INET6 && std::equal(kMapped.begin(), kMapped.end(), bytes);
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(mapped ? AF_INET : family, mapped ? bytes + 12 : bytes, text.data(), text.size());
  auto const address = IpAddress::parse(text.data());
  must(address.has_value(), "what the C library writes is read");
  return to_string(*address);
}

/// Section 2.1.
std::string line_source(std::string_view header) {
  must(header.ends_with("\r\n") && header.size() <= ProxyHeaderParser::kMostV1, "a line that is not too long");
  auto const words = split(header.substr(0, header.size() - 2), " ");
  must(words.size() >= 2 && words[0] == "PROXY", "PROXY and a family");
  if (words[1] == "UNKNOWN") return "";
  must(words.size() == 6 && (words[1] == "TCP4" || words[1] == "TCP6"), "two addresses, two ports");
  auto const family = words[1] == "TCP4" ? AF_INET : AF_INET6;
  std::array<unsigned char, 16> source{};
  std::array<unsigned char, 16> destination{};
  must(::inet_pton(family, std::string(words[3]).c_str(), destination.data()) == 1, "the destination is an address");
  must(::inet_pton(family, std::string(words[2]).c_str(), source.data()) == 1, "the source is an address");
  for (auto const port : {words[4], words[5]}) must(parse_decimal(port).value_or(65536) <= 65535, "a port is one");
  return shown(family, source.data());
}

/// Section 2.2.
std::string binary_source(std::string_view header) {
  auto const byte = [&](std::size_t at) { return static_cast<unsigned char>(header[at]); };
  must(header.starts_with(std::string_view("\r\n\r\n\0\r\nQUIT\n", 12)), "the signature");
  must(header.size() >= 16 && header.size() == 16U + byte(14) * 256U + byte(15), "as long as it says");
  must(byte(12) == 0x20 || byte(12) == 0x21, "version 2, LOCAL or PROXY");
  if (byte(12) == 0x20) return "";
  auto const* const addresses = reinterpret_cast<unsigned char const*>(header.data()) + 16;
  if (byte(13) == 0x11) return must(header.size() >= 28, "room for IPv4"), shown(AF_INET, addresses);
  if (byte(13) == 0x21) return must(header.size() >= 52, "room for IPv6"), shown(AF_INET6, addresses);
  return "";
}

}  // namespace

void one_input(std::string_view input) {
  auto const text = arrivals(input);
  auto const reading = read_alike(text, read);
  if (!reading.done) return;
  auto const header = std::string_view(text.whole).substr(0, reading.size);
  must(reading.source == (header.starts_with('P') ? line_source(header) : binary_source(header)),
       "the source is what a plain reader reads");
}

}  // namespace inferway::fuzz
