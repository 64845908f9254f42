#include "inferway/http/proxy_header.hpp"

#include "splits.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace inferway::http {
namespace {

using namespace std::string_literals;

struct Read {
  std::string source;  ///< "": none
  std::size_t size = 0;
  bool operator==(Read const&) const = default;
};

/// Nothing: refused. Size 0: not whole yet.
std::optional<Read> read(Pieces const& pieces) {
  ProxyHeaderParser parser;
  std::size_t size = 0;
  for (auto const& piece : pieces) {
    if (parser.done()) break;
    auto const bytes = view(piece);
    auto const taken = parser.feed(bytes);
    if (!taken) {
      EXPECT_EQ(taken.error().code, ErrorCode::bad_request);
      EXPECT_FALSE(parser.done());
      return std::nullopt;
    }
    size += *taken;
    EXPECT_TRUE(parser.done() || *taken == bytes.size());
  }
  if (!parser.done()) return Read{};
  return Read{parser.source() ? to_string(*parser.source()) : "", size};
}

std::string const kSignature = "\r\n\r\n\0\r\nQUIT\n"s;
/// A binary header; the length is that of `rest`.
std::string binary(char version_and_command, char family_and_protocol, std::string const& rest) {
  return kSignature + version_and_command + family_and_protocol + static_cast<char>(rest.size() >> 8) +
         static_cast<char>(rest.size() & 0xFF) + rest;
}
std::string const kV4 = "\xC0\x00\x02\x01\x0A\x00\x00\x01\x12\x34\x01\xBB"s;  // 192.0.2.1:4660 to 10.0.0.1:443
std::string const kV6 =
    "\x20\x01\x0D\xB8"s + std::string(11, '\0') + "\x07" + std::string(16, '\1') + "\x12\x34\x01\xBB"s;
std::string const kMapped = std::string(10, '\0') + "\xFF\xFF\xC0\x00\x02\x01"s + std::string(16, '\1') + "\1\1\1\1"s;
std::string const kUnix = "/run/a" + std::string(102, '\0') + "/run/b" + std::string(102, '\0');
std::string tlv(char type, std::string const& value) {
  return type + (static_cast<char>(value.size() >> 8) + (static_cast<char>(value.size() & 0xFF) + value));
}

struct Row {
  char const* name;
  std::string header;
  std::optional<std::string> want;  ///< the source; "": none; nothing: refused
};
Row const kRows[] = {
    // Section 2.1.
    {"line_v4", "PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n", "192.0.2.1"},
    {"line_v4_longest", "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255"},
    {"line_v6", "PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\n", "2001:db8::7"},
    {"line_v6_longest",
     "PROXY TCP6 2001:0db8:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
     "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"},
    {"line_v6_mapped", "PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "192.0.2.1"},
    {"line_ports_at_their_bounds", "PROXY TCP4 192.0.2.1 10.0.0.1 0 65535\r\n", "192.0.2.1"},
    {"line_unknown", "PROXY UNKNOWN\r\n", ""},
    {"line_unknown_with_anything", "PROXY UNKNOWN what ever  it is\r\n", ""},
    {"line_unknown_longest", "PROXY UNKNOWN " + std::string(91, 'f') + "\r\n", ""},
    {"line_unknown_too_long", "PROXY UNKNOWN " + std::string(92, 'f') + "\r\n", {}},
    {"line_unknown_is_a_word", "PROXY UNKNOWNS\r\n", {}},
    {"line_without_end", "PROXY TCP4 192.0.2.1 10.0.0.1 1 " + std::string(100, '2'), {}},
    {"line_lf_alone", "PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\n", {}},
    {"line_cr_alone", "PROXY UNKNOWN a\rb\r\n", {}},
    {"line_two_cr", "PROXY UNKNOWN\r\r\n", {}},
    {"line_lower_case", "proxy TCP4 192.0.2.1 10.0.0.1 56324 443\r\n", {}},
    {"line_lower_case_protocol", "PROXY tcp4 192.0.2.1 10.0.0.1 56324 443\r\n", {}},
    {"line_udp", "PROXY UDP4 192.0.2.1 10.0.0.1 56324 443\r\n", {}},
    {"line_no_protocol", "PROXY \r\n", {}},
    {"line_protocol_alone", "PROXY TCP4\r\n", {}},
    {"line_two_blanks", "PROXY  TCP4 192.0.2.1 10.0.0.1 56324 443\r\n", {}},
    {"line_two_blanks_within", "PROXY TCP4 192.0.2.1  10.0.0.1 56324 443\r\n", {}},
    {"line_blank_behind", "PROXY TCP4 192.0.2.1 10.0.0.1 56324 443 \r\n", {}},
    {"line_tab", "PROXY TCP4\t192.0.2.1 10.0.0.1 56324 443\r\n", {}},
    {"line_three_words", "PROXY TCP4 192.0.2.1 10.0.0.1 56324\r\n", {}},
    {"line_five_words", "PROXY TCP4 192.0.2.1 10.0.0.1 56324 443 1\r\n", {}},
    {"line_v6_as_v4", "PROXY TCP4 2001:db8::7 10.0.0.1 56324 443\r\n", {}},
    {"line_v4_as_v6", "PROXY TCP6 192.0.2.1 ::1 56324 443\r\n", {}},
    {"line_families_differ", "PROXY TCP6 2001:db8::7 10.0.0.1 56324 443\r\n", {}},
    {"line_leading_zero", "PROXY TCP4 192.0.02.1 10.0.0.1 56324 443\r\n", {}},
    {"line_bad_source", "PROXY TCP4 192.0.2.256 10.0.0.1 56324 443\r\n", {}},
    {"line_bad_destination", "PROXY TCP4 192.0.2.1 10.0.0 56324 443\r\n", {}},
    {"line_v6_too_long", "PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 56324 443\r\n", {}},
    {"line_v6_zone", "PROXY TCP6 fe80::1%1 ::1 56324 443\r\n", {}},
    {"line_port_too_large", "PROXY TCP4 192.0.2.1 10.0.0.1 65536 443\r\n", {}},
    {"line_port_with_leading_zero", "PROXY TCP4 192.0.2.1 10.0.0.1 080 443\r\n", {}},
    {"line_port_with_sign", "PROXY TCP4 192.0.2.1 10.0.0.1 56324 +443\r\n", {}},
    {"line_port_missing", "PROXY TCP4 192.0.2.1 10.0.0.1  443\r\n", {}},
    {"line_nul", "PROXY TCP4 192.0.2.1\0 10.0.0.1 56324 443\r\n"s, {}},
    // Section 2.2.
    {"binary_v4", binary(0x21, 0x11, kV4), "192.0.2.1"},
    {"binary_v6", binary(0x21, 0x21, kV6), "2001:db8::7"},
    {"binary_v6_mapped", binary(0x21, 0x21, kMapped), "192.0.2.1"},
    {"binary_unix", binary(0x21, 0x31, kUnix), ""},
    {"binary_local", binary(0x20, 0x00, ""), ""},
    {"binary_local_with_address", binary(0x20, 0x11, kV4), ""},
    {"binary_local_with_any_family", binary(0x20, '\xFF', "any"), ""},
    {"binary_unspec", binary(0x21, 0x00, ""), ""},
    {"binary_unspec_with_anything", binary(0x21, 0x00, "any"), ""},
    {"binary_unspec_protocol", binary(0x21, 0x10, kV4), ""},
    {"binary_udp_v4", binary(0x21, 0x12, kV4), ""},
    {"binary_udp_v6", binary(0x21, 0x22, kV6), ""},
    {"binary_unix_datagram", binary(0x21, 0x32, kUnix), ""},
    {"binary_version_1", binary(0x11, 0x11, kV4), {}},
    {"binary_version_3", binary(0x31, 0x11, kV4), {}},
    {"binary_command_2", binary(0x22, 0x11, kV4), {}},
    {"binary_command_15", binary(0x2F, 0x11, kV4), {}},
    {"binary_family_4", binary(0x21, 0x41, kV4), {}},
    {"binary_protocol_3", binary(0x21, 0x13, kV4), {}},
    {"binary_v4_too_short", binary(0x21, 0x11, kV4.substr(0, 11)), {}},
    {"binary_v4_empty", binary(0x21, 0x11, ""), {}},
    {"binary_v6_with_v4_length", binary(0x21, 0x21, kV4), {}},
    {"binary_unix_too_short", binary(0x21, 0x31, kUnix.substr(1)), {}},
    {"binary_bad_signature", "\r\n\r\n\0\r\nQUIT\r"s, {}},
    {"binary_with_field", binary(0x21, 0x11, kV4 + tlv(0x02, "a.test")), "192.0.2.1"},
    {"binary_with_fields", binary(0x21, 0x11, kV4 + tlv(0x04, "") + tlv('\xEE', std::string(300, 'x'))), "192.0.2.1"},
    {"binary_field_too_long",
     binary(0x21, 0x11,
            kV4 + "\x02\x00\x07"
                  "a.test"s),
     {}},
    {"binary_field_without_length", binary(0x21, 0x11, kV4 + "\x02\x00"s), {}},
    {"binary_checksum", binary(0x21, 0x11, kV4 + tlv(0x03, "\x72\xBB\x41\x25")), "192.0.2.1"},
    {"binary_checksum_before_a_field", binary(0x21, 0x11, kV4 + tlv(3, "\x1A\x31\xC8\xC4") + tlv(4, "ab")),
     "192.0.2.1"},
    {"binary_bad_checksum", binary(0x21, 0x11, kV4 + tlv(0x03, "\x72\xBB\x41\x24")), {}},
    {"binary_checksum_of_another_size", binary(0x21, 0x11, kV4 + tlv(0x03, "\1\2\3")), {}},
    // Neither.
    {"request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", {}},
    {"method_that_begins_alike", "PROPFIND / HTTP/1.1\r\n", {}},
    {"handshake", "\x16\x03\x01\x02\x00\x01\x00"s, {}},
    {"empty_line", "\r\nPROXY UNKNOWN\r\n", {}},
};
class ProxyHeaderTest : public testing::TestWithParam<Row> {};

TEST_P(ProxyHeaderTest, follows_the_specification_however_it_is_split) {
  auto const& row = GetParam();
  auto const want = row.want ? std::optional(Read{*row.want, row.header.size()}) : std::nullopt;
  for_each_split(row.header, [&](Pieces const& pieces) { EXPECT_EQ(read(pieces), want); });
}

TEST_P(ProxyHeaderTest, what_follows_is_left_for_others) {
  auto const& row = GetParam();
  if (!row.want) return;
  for (auto const* const behind : {"G", "PROXY UNKNOWN\r\n", "\r\n\r\n"}) {
    ProxyHeaderParser parser;
    EXPECT_EQ(parser.feed(row.header + behind).value(), row.header.size());
    EXPECT_TRUE(parser.done());
  }
}

TEST_P(ProxyHeaderTest, is_waited_for_to_its_end) {
  auto const& row = GetParam();
  if (!row.want) return;
  for (std::size_t size = 0; size < row.header.size(); ++size) {
    ProxyHeaderParser parser;
    EXPECT_EQ(parser.feed(std::string_view(row.header).substr(0, size)).value(), size);
    EXPECT_FALSE(parser.done());
    EXPECT_EQ(parser.empty(), size == 0);
  }
}
INSTANTIATE_TEST_SUITE_P(Rows, ProxyHeaderTest, testing::ValuesIn(kRows), kRowName);

TEST(ProxyHeaderTest, has_4096_bytes_at_most) {
  auto const of_size = [](std::size_t size) {
    return binary(0x21, 0x11, kV4 + tlv(0x04, std::string(size - 31, 'x')));
  };
  EXPECT_EQ(read({copy(of_size(4096))}), (Read{"192.0.2.1", 4096}));
  EXPECT_EQ(read({copy(of_size(4097))}), std::nullopt);
  EXPECT_EQ(read({copy(binary(0x20, 0x00, std::string(4096 - 16, 'x')))}), (Read{"", 4096}));
  EXPECT_EQ(read({copy(binary(0x20, 0x00, std::string(4096 - 15, 'x')))}), std::nullopt);
}

TEST(ProxyHeaderTest, is_refused_as_early_as_can_be_known) {
  ProxyHeaderParser request;
  EXPECT_FALSE(request.feed("G"));
  ProxyHeaderParser large;
  auto const header = binary(0x21, 0x11, std::string(5000, 'x'));
  EXPECT_TRUE(large.feed(std::string_view(header).substr(0, 15)));
  EXPECT_FALSE(large.feed(std::string_view(header).substr(15, 1)));
}

}  // namespace
}  // namespace inferway::http
