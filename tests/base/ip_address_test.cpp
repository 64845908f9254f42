#include "inferway/base/ip_address.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <random>
#include <string>
#include <vector>

namespace inferway {
namespace {

struct AddressRow {
  char const* name;
  std::string_view text;
  std::string_view want;  ///< "": no address
};
constexpr AddressRow kAddressRows[] = {
    {"v4", "192.0.2.1", "192.0.2.1"},
    {"v4_zero", "0.0.0.0", "0.0.0.0"},
    {"v4_most", "255.255.255.255", "255.255.255.255"},
    {"v4_leading_zero", "192.0.02.1", ""},  // 2, or octal 2: readers differ from 08 on
    {"v4_too_large", "256.0.0.1", ""},
    {"v4_three_numbers", "192.0.2", ""},
    {"v4_five_numbers", "192.0.2.1.1", ""},
    {"v4_empty_number", "192..2.1", ""},
    {"v4_number_alone", "3221225985", ""},
    {"v4_hex", "0xC0.0.2.1", ""},
    {"v4_sign", "+1.0.2.1", ""},
    {"v4_blank", "192.0.2.1 ", ""},
    {"v4_port", "192.0.2.1:80", ""},
    {"v4_nul", std::string_view("1.2.3.4\0", 8), ""},
    {"empty", "", ""},
    {"v6_any", "::", "::"},
    {"v6_loopback", "::1", "::1"},
    {"v6_whole", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6"},
    {"v6_upper_case", "2001:DB8::A", "2001:db8::a"},
    {"v6_leading_zeros", "2001:0db8:0000::0001", "2001:db8::1"},
    {"v6_gap_in_front", "::2:3", "::2:3"},
    {"v6_gap_behind", "1:2::", "1:2::"},
    {"v6_gap_of_one", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {"v6_longest_run_is_shortened", "2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
    {"v6_first_of_equal_runs", "2001:0:0:1:1:0:0:1", "2001::1:1:0:0:1"},
    {"v6_one_zero_is_not", "2001:0:1:1:1:1:1:1", "2001:0:1:1:1:1:1:1"},
    {"v6_gap_of_none", "1:2:3:4:5:6:7:8::", ""},
    {"v6_two_gaps", "1::2::3", ""},
    {"v6_three_colons", "1:::2", ""},
    {"v6_seven_groups", "1:2:3:4:5:6:7", ""},
    {"v6_nine_groups", "1:2:3:4:5:6:7:8:9", ""},
    {"v6_five_digits", "12345::", ""},
    {"v6_colon_in_front", ":1::2", ""},
    {"v6_colon_behind", "1::2:", ""},
    {"v6_zone", "fe80::1%eth0", ""},
    {"v6_brackets", "[::1]", ""},
    {"v6_with_v4", "64:ff9b::192.0.2.1", "64:ff9b::c000:201"},
    {"v6_with_bad_v4", "::ffff:192.0.2.256", ""},
    {"v6_with_v4_in_the_middle", "::192.0.2.1:5", ""},
    {"v6_with_v4_too_long", "1:2:3:4:5:6:7:192.0.2.1", ""},
    {"mapped", "::ffff:192.0.2.1", "192.0.2.1"},
    {"mapped_in_hex", "::FFFF:c000:201", "192.0.2.1"},
};
class IpAddressTest : public testing::TestWithParam<AddressRow> {};

TEST_P(IpAddressTest, is_read_strictly_and_written_in_one_form) {
  auto const address = IpAddress::parse(GetParam().text);
  EXPECT_EQ(address ? to_string(*address) : "", GetParam().want);
  if (address) {
    EXPECT_EQ(IpAddress::parse(to_string(*address)), address);
    EXPECT_EQ(address->is_v4(), GetParam().want.find(':') == std::string_view::npos);
  }
  // The system's reader is not stricter than this one, nor the other way round.
  std::string const text(GetParam().text);
  in6_addr bytes{};
  bool const known =
      ::inet_pton(AF_INET, text.c_str(), &bytes) == 1 || ::inet_pton(AF_INET6, text.c_str(), &bytes) == 1;
  EXPECT_EQ(known && text.find('\0') == std::string::npos, address.has_value());
}
INSTANTIATE_TEST_SUITE_P(Rows, IpAddressTest, testing::ValuesIn(kAddressRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(IpAddressTest, what_it_writes_the_system_reads_as_the_same) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  for (int i = 0; i < 2000; ++i) {
    IpAddress::Bytes bytes{};
    for (auto& byte : bytes) byte = random() % 3 == 0 ? static_cast<std::uint8_t>(random()) : std::uint8_t{0};
    auto const text = to_string(IpAddress::v6(bytes));
    in6_addr read{};
    ASSERT_EQ(::inet_pton(AF_INET6, text.c_str(), &read), 1) << text;
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), read.s6_addr)) << text;
    EXPECT_EQ(IpAddress::parse(text), IpAddress::v6(bytes)) << text;
  }
}

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

struct NetworkRow {
  char const* name;
  std::vector<IpNetwork> networks;
  std::string_view address;
  bool within;
};
NetworkRow const kNetworkRows[] = {
    {"none", {}, "192.0.2.1", false},
    {"first", {{ip("192.0.2.0"), 24}}, "192.0.2.0", true},
    {"last", {{ip("192.0.2.0"), 24}}, "192.0.2.255", true},
    {"before", {{ip("192.0.2.0"), 24}}, "192.0.1.255", false},
    {"behind", {{ip("192.0.2.0"), 24}}, "192.0.3.0", false},
    {"one_alone", {{ip("192.0.2.1"), 32}}, "192.0.2.1", true},
    {"not_its_neighbour", {{ip("192.0.2.1"), 32}}, "192.0.2.2", false},
    {"odd_prefix", {{ip("192.0.2.64"), 27}}, "192.0.2.95", true},
    {"behind_odd_prefix", {{ip("192.0.2.64"), 27}}, "192.0.2.96", false},
    {"all_of_v4", {{ip("0.0.0.0"), 0}}, "255.255.255.255", true},
    {"all_of_v4_is_not_v6", {{ip("0.0.0.0"), 0}}, "::1", false},
    {"all_of_v6", {{ip("::"), 0}}, "ffff::", true},
    {"all_of_v6_is_not_v4", {{ip("::"), 0}}, "192.0.2.1", false},
    {"mapped_is_v4", {{ip("192.0.2.0"), 24}}, "::ffff:192.0.2.7", true},
    {"v6", {{ip("2001:db8::"), 32}}, "2001:db8:ffff::1", true},
    {"behind_v6", {{ip("2001:db8::"), 32}}, "2001:db9::", false},
    {"between_two", {{ip("10.0.0.0"), 8}, {ip("12.0.0.0"), 8}}, "11.0.0.1", false},
    {"second", {{ip("12.0.0.0"), 8}, {ip("10.0.0.0"), 8}}, "12.0.0.1", true},
    {"behind_one_within_another", {{ip("10.0.0.0"), 24}, {ip("10.0.0.0"), 8}}, "10.9.0.1", true},
    {"behind_one_in_the_middle_of_another", {{ip("10.0.0.0"), 8}, {ip("10.5.0.0"), 16}}, "10.9.0.1", true},
    {"twice", {{ip("10.0.0.0"), 8}, {ip("10.0.0.0"), 8}}, "10.9.0.1", true},
};
class IpSetTest : public testing::TestWithParam<NetworkRow> {};

TEST_P(IpSetTest, contains_what_one_of_its_networks_does) {
  EXPECT_EQ(IpSet(GetParam().networks).contains(ip(GetParam().address)), GetParam().within);
}
INSTANTIATE_TEST_SUITE_P(Rows, IpSetTest, testing::ValuesIn(kNetworkRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(IpAddressTest, is_cut_at_a_prefix) {
  EXPECT_EQ(ip("192.0.2.77").first_of(26), ip("192.0.2.64"));
  EXPECT_EQ(ip("192.0.2.77").last_of(26), ip("192.0.2.127"));
  EXPECT_EQ(ip("2001:db8:1:2:3::4").first_of(64), ip("2001:db8:1:2::"));
  EXPECT_EQ(ip("2001:db8:1:2:3::4").last_of(64), ip("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  EXPECT_EQ(ip("2001:db8::1").first_of(128), ip("2001:db8::1"));
}

}  // namespace
}  // namespace inferway
