#include "clients.hpp"

#include "loading.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

std::vector<std::string> texts(std::vector<IpNetwork> const& networks) {
  std::vector<std::string> out;
  for (auto const& network : networks) out.push_back(to_string(network.address) + "/" + std::to_string(network.prefix));
  return out;
}

/// A file with this in clients.deny, from 1:18 on.
std::string denying(std::string const& network) { return with_gateway("clients: {deny: [" + network + "]}"); }

TEST(ClientsTest, nobody_is_trusted_listed_or_limited_by_default) {
  auto const config = accepted(with_gateway("clients: {}"));
  EXPECT_FALSE(config.clients.matter());
  EXPECT_FALSE(config.listen.at(0).proxy_protocol);
  EXPECT_FALSE(accepted(with_gateway("")).clients.matter());
}

TEST(ClientsTest, everything_given_is_taken) {
  auto const config =
      accepted(with_gateway("listen: [{address: \"1.2.3.4:80\", proxy_protocol: true}, {address: \"1.2.3.4:81\"}]\n"
                            "clients: {trusted_proxies: [10.0.0.0/8, \"2001:db8::/32\"], allow: [192.0.2.1, \"::/0\"], "
                            "deny: [\"::1\"], connections_per_ip: 7, rpm_per_ip: 60}"));
  EXPECT_TRUE(config.listen.at(0).proxy_protocol);
  EXPECT_FALSE(config.listen.at(1).proxy_protocol);
  auto const& clients = config.clients;
  EXPECT_EQ(texts(clients.trusted_proxies), (std::vector<std::string>{"10.0.0.0/8", "2001:db8::/32"}));
  EXPECT_EQ(texts(clients.allow), (std::vector<std::string>{"192.0.2.1/32", "::/0"}));
  EXPECT_EQ(texts(clients.deny), std::vector<std::string>{"::1/128"});
  EXPECT_EQ(clients.connections_per_ip, 7U);
  EXPECT_EQ(clients.rpm_per_ip, 60U);
}

TEST(ClientsTest, each_key_alone_matters) {
  for (auto const* const text : {"trusted_proxies: [1.2.3.4]", "allow: [1.2.3.4]", "deny: [1.2.3.4]",
                                 "connections_per_ip: 1", "rpm_per_ip: 1"}) {
    EXPECT_TRUE(accepted(with_gateway("clients: {" + std::string(text) + "}")).clients.matter()) << text;
  }
}

TEST(ClientsTest, mapped_networks_are_ipv4) {
  auto const config = accepted(with_gateway("clients: {deny: [\"::ffff:10.0.0.0/104\", \"::ffff:192.0.2.1\"]}"));
  EXPECT_EQ(texts(config.clients.deny), (std::vector<std::string>{"10.0.0.0/8", "192.0.2.1/32"}));
}

TEST(ClientsTest, networks_may_come_from_variables) {
  auto const config = accepted(with_gateway("clients: {deny: [\"${NETWORK}\"]}"), {{"NETWORK", "10.0.0.0/8"}});
  EXPECT_EQ(texts(config.clients.deny), std::vector<std::string>{"10.0.0.0/8"});
}

TEST(ClientsTest, whoever_trusts_everybody_is_warned) {
  auto const loaded = load(with_gateway("clients: {trusted_proxies: [0.0.0.0/0]}"));
  ASSERT_EQ(loaded.warnings.size(), 1U);
  EXPECT_EQ(loaded.warnings[0].position.column, 28);
  EXPECT_NE(loaded.warnings[0].message.find("everybody is trusted"), std::string::npos);
}

Refusal const kRefusals[] = {
    {"unknown", with_gateway("clients: {alow: [1.2.3.4]}"), {1, 11}, "did you mean \"allow\"?"},
    {"no_mapping", with_gateway("clients: [1.2.3.4]"), {1, 10}, "clients"},
    {"no_list", with_gateway("clients: {deny: 1.2.3.4}"), {1, 17}, "is not a list"},
    {"name", denying("host.test"), {1, 18}, "is no IP address or network; write 192.0.2.0/24"},
    {"octal", denying("10.0.0.08"), {1, 18}, "is no IP address"},
    {"three_numbers", denying("10.0.0/24"), {1, 18}, "is no IP address"},
    {"zone", denying("\"fe80::1%eth0\""), {1, 18}, "is no IP address"},
    {"port", denying("\"1.2.3.4:80\""), {1, 18}, "is no IP address"},
    {"no_prefix", denying("10.0.0.0/"), {1, 18}, "has no valid prefix length; 0 to 32"},
    {"prefix_too_long", denying("10.0.0.0/33"), {1, 18}, "0 to 32"},
    {"prefix_padded", denying("10.0.0.0/08"), {1, 18}, "0 to 32"},
    {"prefix_signed", denying("10.0.0.0/-1"), {1, 18}, "0 to 32"},
    {"netmask", denying("10.0.0.0/255.0.0.0"), {1, 18}, "0 to 32"},
    {"v6_prefix_too_long", denying("\"2001:db8::/129\""), {1, 18}, "0 to 128"},
    {"mapped_prefix_too_short", denying("\"::ffff:10.0.0.0/95\""), {1, 18}, "96 to 128"},
    {"bits_behind", denying("10.1.2.3/8"), {1, 18}, "write 10.0.0.0/8"},
    {"v6_bits_behind", denying("\"2001:db8::1/64\""), {1, 18}, "write 2001:db8::/64"},
    {"twice", denying("10.0.0.1, 10.0.0.1/32"), {1, 28}, "stands in the list twice"},
    {"nobody_allowed", with_gateway("clients: {allow: []}"), {1, 18}, "nobody could call"},
    {"negative", with_gateway("clients: {connections_per_ip: -1}"), {1, 31}, "0 to"},
    {"too_many", with_gateway("clients: {rpm_per_ip: 1000000001}"), {1, 23}, "1000000000"},
    {"proxies_are_not_said",
     with_gateway("listen: [{address: \"1.2.3.4:80\", proxy_protocol: true}]"),
     {1, 1},
     "clients.trusted_proxies: must be given"},
    {"no_proxy_is_trusted",
     with_gateway("listen: [{address: \"1.2.3.4:80\", proxy_protocol: true}]\nclients: {trusted_proxies: []}"),
     {2, 28},
     "must not be empty"},
    {"proxy_protocol_no_boolean",
     with_gateway("listen: [{address: \"1.2.3.4:80\", proxy_protocol: v2}]"),
     {1, 50},
     "true"},
    {"proxy_protocol_on_a_unix_socket",
     with_gateway("listen: [{address: \"unix:/run/a\", proxy_protocol: true}]\nclients: {trusted_proxies: [::/0]}"),
     {1, 51},
     "addresses with a port"},
};
class ClientsRefusalTest : public testing::TestWithParam<Refusal> {};
TEST_P(ClientsRefusalTest, names_the_place_and_the_reason) { expect_refused(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Rows, ClientsRefusalTest, testing::ValuesIn(kRefusals), refusal_name);

}  // namespace
}  // namespace inferway::config
