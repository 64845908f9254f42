#include "gateway.hpp"

#include "loading.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

TEST(GatewayTest, what_is_absent_has_the_documented_default) {
  auto const config = accepted(with_gateway(""));
  ASSERT_EQ(config.listen.size(), 1U);
  EXPECT_EQ(config.listen[0].host, "0.0.0.0");
  EXPECT_EQ(config.listen[0].port, 8080);
  EXPECT_EQ(config.admin.address.host, "127.0.0.1");
  EXPECT_EQ(config.admin.address.port, 9901);
  EXPECT_TRUE(config.admin.token.empty());
  EXPECT_EQ(config.threads, 0U);
  EXPECT_EQ(config.limits.connections, 50'000U);
  EXPECT_EQ(config.limits.buffered_bytes, 1ULL << 30U);
  EXPECT_EQ(config.timeouts.keep_alive, Milliseconds(75'000));
  EXPECT_EQ(config.timeouts.drain, Milliseconds(600'000));
  EXPECT_FALSE(config.timeouts.heartbeat);
  EXPECT_FALSE(config.keys.required);
  EXPECT_FALSE(config.reload_watch);
  EXPECT_EQ(config.log.level, LogLevel::info);
  EXPECT_EQ(config.log.access, "stdout");
  EXPECT_EQ(config.log.format, LogFormat::json);
}

TEST(GatewayTest, everything_given_is_taken) {
  auto const config = accepted(with_gateway(R"(
listen: ["127.0.0.1:8081", "[::1]:8082", {address: "0.0.0.0:0", tls: null}]
admin: {address: 10.0.0.1:9000, token: t0ken}
threads: 4
limits: {connections: 10, header_bytes: 32KiB, header_count: 64, body_bytes: 1MiB, buffered_bytes: 2MiB}
timeouts: {header: 1s, body: 2s, keep_alive: 3s, write: 4s, drain: 0s, heartbeat: null}
keys: {required: false, static: []}
reload: {watch: false}
log: {level: debug, access: /var/log/a.log, format: text}
)"));
  ASSERT_EQ(config.listen.size(), 3U);
  EXPECT_EQ(config.listen[1].host, "::1");
  EXPECT_EQ(config.listen[2].port, 0);
  EXPECT_EQ(config.admin.address.host, "10.0.0.1");
  EXPECT_EQ(config.admin.token.reveal(), "t0ken");
  EXPECT_EQ(config.threads, 4U);
  EXPECT_EQ(config.limits.connections, 10U);
  EXPECT_EQ(config.limits.header_bytes, 32U * 1024);
  EXPECT_EQ(config.limits.header_count, 64U);
  EXPECT_EQ(config.limits.body_bytes, 1U << 20U);
  EXPECT_EQ(config.limits.buffered_bytes, 2U << 20U);
  EXPECT_EQ(config.timeouts.header, Milliseconds(1'000));
  EXPECT_EQ(config.timeouts.body, Milliseconds(2'000));
  EXPECT_EQ(config.timeouts.keep_alive, Milliseconds(3'000));
  EXPECT_EQ(config.timeouts.write, Milliseconds(4'000));
  EXPECT_EQ(config.timeouts.drain, Milliseconds(0));
  EXPECT_EQ(config.log.level, LogLevel::debug);
  EXPECT_EQ(config.log.access, "/var/log/a.log");
  EXPECT_EQ(config.log.format, LogFormat::text);
}

TEST(GatewayTest, one_listener_may_stand_alone) {
  auto const config = accepted(with_gateway("listen: \"[::]:80\""));
  ASSERT_EQ(config.listen.size(), 1U);
  EXPECT_EQ(config.listen[0].host, "::");
}

TEST(GatewayTest, unix_sockets_stand_wherever_addresses_do) {
  auto const config = accepted(with_gateway(R"(
listen: ["127.0.0.1:8081", "unix:/run/a.sock", {address: "unix:/run/b.sock"}]
admin: {address: "unix:/run/admin.sock"}
)"));
  ASSERT_EQ(config.listen.size(), 3U);
  EXPECT_EQ(config.listen[1].unix_path, "/run/a.sock");
  EXPECT_EQ(to_string(config.listen[2]), "unix:/run/b.sock");
  EXPECT_EQ(config.admin.address.unix_path, "/run/admin.sock");  // local: no token is needed
  EXPECT_EQ(accepted(with_gateway("listen: unix:/x")).listen.front().unix_path, "/x");
}

TEST(GatewayTest, all_ipv6_addresses_leave_ipv4_to_a_listener_of_its_own) {
  struct Row {
    std::string_view text;
    std::vector<bool> v6_only;
  };
  Row const rows[] = {
      {"listen: [\"0.0.0.0:80\", \"[::]:80\"]", {false, true}},
      {"listen: [\"[::]:80\", \"127.0.0.1:80\"]", {true, false}},
      {"listen: [\"[::]:80\", \"0.0.0.0:81\"]", {false, false}},
      {"listen: [\"[::]:0\", \"0.0.0.0:0\"]", {false, false}},
      {"listen: [\"[::1]:80\", \"0.0.0.0:80\"]", {false, false}},
      {"listen: [\"[::]:80\", \"unix:/x\"]", {false, false}},
      {"listen: \"[::]:9901\"", {true}},  // the admin port
  };
  for (auto const& row : rows) {
    auto const config = accepted(with_gateway(row.text));
    for (std::size_t i = 0; i < row.v6_only.size(); ++i) {
      EXPECT_EQ(is_v6_only(config.listen[i], config), row.v6_only[i]) << row.text << " " << i;
    }
  }
}

Refusal const kRefusals[] = {
    {"listen_socket_twice", with_gateway("listen: [\"unix:/x\", \"unix:/x\"]"), {1, 21}, "listened on twice"},
    {"listen_socket_relative", with_gateway("listen: unix:x"), {1, 9}, "names no socket"},
    {"admin_on_data_socket", with_gateway("listen: unix:/x\nadmin: {address: \"unix:/x\"}"), {2, 18}, "one of listen"},
    {"listen_name", with_gateway("listen: localhost:80"), {1, 9}, "no literal address"},
    {"listen_null", with_gateway("listen:"), {1, 1}, "listen: null is not text"},
    {"listen_empty", with_gateway("listen: []"), {1, 9}, "one address at least"},
    {"listen_mapping", with_gateway("listen: {address: 0.0.0.0:80}"), {1, 9}, "or a list"},
    {"listen_no_address", with_gateway("listen: [{tls: null}]"), {1, 10}, "listen[0].address: must be given"},
    {"listen_twice", with_gateway("listen: [127.0.0.1:80, 127.0.0.1:80]"), {1, 24}, "listened on twice"},
    {"listen_covered", with_gateway("listen: [0.0.0.0:80, {address: 127.0.0.1:80}]"), {1, 22}, "listened on twice"},
    {"listen_unknown_key", with_gateway("listen: [{address: 0.0.0.0:80, tsl: 1}]"), {1, 32}, "did you mean \"tls\"?"},
    {"admin_name", with_gateway("admin: {address: example:1}"), {1, 18}, "no literal address"},
    {"admin_open", with_gateway("admin: {address: 0.0.0.0:1}"), {1, 18}, "admin.token must be given"},
    {"admin_open_null_token", with_gateway("admin: {address: \"[::]:1\", token: null}"), {1, 18}, "admin.token"},
    {"admin_on_data_port", with_gateway("listen: 0.0.0.0:9901"), {1, 1}, "one of listen"},
    {"admin_token_with_blank", with_gateway("admin: {token: \"a b\"}"), {1, 16}, "visible ASCII"},
    {"threads_zero", with_gateway("threads: 0"), {1, 10}, "neither auto nor"},
    {"threads_many", with_gateway("threads: 1025"), {1, 10}, "1 to 1024"},
    {"threads_list", with_gateway("threads: []"), {1, 10}, "is not a number"},
    {"connections_zero", with_gateway("limits: {connections: 0}"), {1, 23}, "1 to 10000000"},
    {"header_bytes_small", with_gateway("limits: {header_bytes: 255B}"), {1, 24}, "256B to 16MiB"},
    {"header_count_octal", with_gateway("limits: {header_count: 010}"), {1, 24}, "begins with a zero"},
    {"body_bytes_no_unit", with_gateway("limits: {body_bytes: 32}"), {1, 22}, "has no unit"},
    {"body_beyond_buffers", with_gateway("limits: {body_bytes: 2GiB}"), {1, 22}, "could never be held in 1GiB"},
    {"buffers_below_body", with_gateway("limits: {buffered_bytes: 1MiB}"), {1, 26}, "32MiB (body_bytes)"},
    {"timeout_zero", with_gateway("timeouts: {header: 0s}"), {1, 20}, "1ms to 168h"},
    {"timeout_long", with_gateway("timeouts: {drain: 200h}"), {1, 19}, "0ms to 168h"},
    {"log_level", with_gateway("log: {level: verbose}"), {1, 14}, "none of trace, debug, info, warn, error"},
    {"log_format", with_gateway("log: {format: xml}"), {1, 15}, "none of json, text"},
    {"log_access_slip", with_gateway("log: {access: none}"), {1, 15}, "stdout, off or a file's path"},
};
class GatewayRefusalTest : public testing::TestWithParam<Refusal> {};
TEST_P(GatewayRefusalTest, names_place_and_reason) { expect_refused(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Rows, GatewayRefusalTest, testing::ValuesIn(kRefusals), refusal_name);

}  // namespace
}  // namespace inferway::config
