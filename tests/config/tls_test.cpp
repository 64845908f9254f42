#include "tls.hpp"

#include "loading.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

std::string with_listener(std::string_view tls) {
  return with_gateway("listen: [{address: 0.0.0.0:1, tls: " + std::string(tls) + "}]");
}

/// A backend whose endpoint is an https:// one; `tls` stands at 4:10.
std::string with_https(std::string_view tls) {
  return "backends:\n  b:\n    endpoints: [https://h:8000]\n    tls: " + std::string(tls) + "\n" + std::string(kRoutes);
}

TEST(ListenerTlsTest, files_are_named_from_the_directory_of_the_configuration) {
  auto const loaded = load_text(
      with_listener("{cert: tls/a.pem, key: /b.key, client_ca: ca.pem, certificates: [{cert: c.pem, key: d.key}]}"),
      "/etc/inferway/test.yaml");
  ASSERT_TRUE(loaded.config) << errors_of(loaded);
  auto const& tls = loaded.config->listen.front().tls;
  ASSERT_TRUE(tls);
  ASSERT_EQ(tls->identities.size(), 2U);
  EXPECT_EQ(tls->identities[0].cert, "/etc/inferway/tls/a.pem");
  EXPECT_EQ(tls->identities[0].key, "/b.key");
  EXPECT_EQ(tls->identities[1].cert, "/etc/inferway/c.pem");
  EXPECT_EQ(tls->identities[1].key, "/etc/inferway/d.key");
  EXPECT_EQ(tls->client_ca, "/etc/inferway/ca.pem");
}

TEST(ListenerTlsTest, null_is_none) { EXPECT_FALSE(accepted(with_listener("null")).listen.front().tls); }

TEST(BackendTlsTest, what_is_not_given_has_its_default) {
  auto const tls = accepted(with_https("{}")).backends.front().tls;
  EXPECT_TRUE(tls.verify);
  EXPECT_FALSE(tls.ca || tls.server_name || tls.identity);
}

TEST(BackendTlsTest, every_key_is_read) {
  auto const loaded =
      load_text(with_https("{ca: ca.pem, server_name: API.example, cert: c.pem, key: k.pem}"), "d/t.yaml");
  ASSERT_TRUE(loaded.config) << errors_of(loaded);
  auto const& tls = loaded.config->backends.front().tls;
  EXPECT_EQ(tls.ca, "d/ca.pem");
  EXPECT_EQ(tls.server_name, "api.example");
  ASSERT_TRUE(tls.identity);
  EXPECT_EQ(tls.identity->cert, "d/c.pem");
  EXPECT_EQ(tls.identity->key, "d/k.pem");
}

TEST(BackendTlsTest, a_server_name_may_be_an_address) {
  EXPECT_EQ(accepted(with_https("{server_name: \"::1\"}")).backends.front().tls.server_name, "::1");
  EXPECT_EQ(accepted(with_https("{server_name: 10.0.0.1}")).backends.front().tls.server_name, "10.0.0.1");
}

TEST(BackendTlsTest, not_to_verify_is_worth_a_warning) {
  auto const loaded = load(with_https("{verify: false}"));
  ASSERT_TRUE(loaded.config) << errors_of(loaded);
  ASSERT_EQ(loaded.warnings.size(), 1U);
  EXPECT_NE(loaded.warnings.front().message.find("verify is false"), std::string::npos);
}

Refusal const kRefusals[] = {
    {"no_key", with_listener("{cert: c}"), {1, 36}, "listen[0].tls.key: must be given"},
    {"unknown", with_listener("{cert: c, key: k, ca: x}"), {1, 54}, "no such key"},
    {"one_more_without_key", with_listener("{cert: c, key: k, certificates: [{cert: d}]}"), {1, 69}, "must be given"},
    {"no_mapping", with_listener("cert.pem"), {1, 36}, "tls"},
    {"cert_alone", with_https("{cert: c}"), {4, 17}, "needs its key"},
    {"key_alone", with_https("{key: c}"), {4, 16}, "needs its certificate"},
    {"name_is_a_url", with_https("{server_name: \"https://h\"}"), {4, 24}, "neither a host name nor an address"},
    {"name_with_port", with_https("{server_name: \"h:443\"}"), {4, 24}, "neither a host name nor an address"},
    {"ca_unused", with_https("{verify: false, ca: c}"), {4, 30}, "no effect"},
    {"no_https", with_backend("tls: {verify: false}"), {4, 10}, "none of the backend's endpoints"},
};
class TlsRefusalTest : public testing::TestWithParam<Refusal> {};
TEST_P(TlsRefusalTest, names_place_and_reason) { expect_refused(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Rows, TlsRefusalTest, testing::ValuesIn(kRefusals), refusal_name);

}  // namespace
}  // namespace inferway::config
