#include "backends.hpp"

#include "loading.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

TEST(BackendsTest, what_is_absent_has_the_documented_default) {
  auto const backend = accepted(with_gateway("")).backends.at(0);
  EXPECT_EQ(backend.name, "b");
  EXPECT_EQ(backend.api, Api::openai);
  EXPECT_EQ(backend.balance, Balance::least_requests);
  EXPECT_TRUE(backend.key.empty());
  EXPECT_EQ(backend.pool.max_idle, 128U);
  EXPECT_EQ(backend.pool.idle, Milliseconds(4'000));
  EXPECT_EQ(backend.pool.max_age, Milliseconds(600'000));
  EXPECT_EQ(backend.timeouts.connect, Milliseconds(2'000));
  EXPECT_EQ(backend.timeouts.first_byte, Milliseconds(120'000));
  EXPECT_FALSE(backend.timeouts.first_content);
  EXPECT_EQ(backend.timeouts.idle, Milliseconds(60'000));
  EXPECT_EQ(backend.timeouts.total, Milliseconds(900'000));
  EXPECT_EQ(backend.endpoints.at(0).weight, 1U);
  EXPECT_EQ(backend.cooldown.on, (std::vector<int>{429, 529}));
}

TEST(BackendsTest, everything_given_is_taken) {
  auto const config = accepted(R"(
backends:
  zeta:
    api: anthropic
    endpoints:
      - http://10.0.0.11:8000/base/
      - {url: "http://[::1]", weight: 3}
    balance: round_robin
    key: sk-1
    headers: {X-Team: "a b", x-empty: ""}
    pass_headers: [authorization, X-API-Key]
    pool: {max_idle: 0, idle: 1s, max_age: 1m}
    timeouts: {connect: 1ms, first_byte: 2s, first_content: null, idle: 3s, total: 4s}
    min_tokens_per_second: 0
    on_client_cancel: abort
    resume: off
    max_inflight: 0
    queue: {size: 0, timeout: 1s}
    health: {path: null, interval: 2s, timeout: 1s, unhealthy_after: 4, healthy_after: 5, metrics: null}
    outlier: {consecutive_failures: 6, eject: 7s, max_ejected_percent: 8}
    cooldown: {on: [429, 503], default: 9s}
    tls: {verify: true, ca: null, server_name: null, cert: null, key: null}
  alpha: {api: gemini, endpoints: [http://h]}
routes: [{match: {path: /p}, to: [{backend: alpha}]}]
)");
  ASSERT_EQ(config.backends.size(), 2U);
  auto const& backend = config.backends[0];
  EXPECT_EQ(backend.name, "zeta");  // file order
  EXPECT_EQ(backend.position.line, 3);
  EXPECT_EQ(backend.api, Api::anthropic);
  ASSERT_EQ(backend.endpoints.size(), 2U);
  EXPECT_EQ(backend.endpoints[0].path, "/base");
  EXPECT_EQ(backend.endpoints[1].weight, 3U);
  EXPECT_EQ(backend.balance, Balance::round_robin);
  EXPECT_EQ(backend.key.reveal(), "sk-1");
  ASSERT_EQ(backend.headers.size(), 2U);
  EXPECT_EQ(backend.headers[0].name, "X-Team");
  EXPECT_EQ(backend.headers[0].value.reveal(), "a b");
  EXPECT_EQ(backend.pass_headers, (std::vector{GuardedHeader::authorization, GuardedHeader::x_api_key}));
  EXPECT_EQ(backend.pool.max_idle, 0U);
  EXPECT_EQ(backend.timeouts.total, Milliseconds(4'000));
  EXPECT_EQ(backend.health.healthy_after, 5U);
  EXPECT_EQ(backend.outlier.consecutive_failures, 6U);
  EXPECT_EQ(backend.outlier.eject, Milliseconds(7'000));
  EXPECT_EQ(backend.cooldown.on, (std::vector<int>{429, 503}));
  EXPECT_EQ(config.routes[0].to[0].backend, 1U);
}

/// A whole file whose one backend has these endpoints, at 1:27.
std::string with_endpoints(std::string_view endpoints) {
  return "backends: {b: {endpoints: " + std::string(endpoints) + "}}\n" + std::string(kRoutes);
}

Refusal const kRefusals[] = {
    {"name",
     "backends: {\"a b\": {endpoints: [http://h]}, b: {endpoints: [http://h]}}\n" + std::string(kRoutes),
     {1, 12},
     "a backend's name"},
    {"twice",
     "backends:\n  b: {endpoints: [http://h]}\n  b: {endpoints: [http://h]}\n" + std::string(kRoutes),
     {3, 3},
     "\"b\" is given twice"},
    {"no_endpoints", "backends: {b: {api: openai}}\n" + std::string(kRoutes), {1, 12}, "endpoints: must be given"},
    {"empty_endpoints", with_endpoints("[]"), {1, 27}, "one endpoint at least"},
    {"url_instead_of_list", with_endpoints("http://h"), {1, 27}, "is not a list"},
    {"bad_url", with_endpoints("[h:80]"), {1, 28}, "\"h:80\" begins with neither"},
    {"null_url", with_endpoints("[null]"), {1, 28}, "null is not text"},
    {"no_url", with_endpoints("[{weight: 1}]"), {1, 28}, "endpoints[0].url: must be given"},
    {"twice_the_same", with_endpoints("[http://h, {url: \"http://H:80/\"}]"), {1, 38}, "in the list twice"},
    {"zero_weights", with_endpoints("[{url: http://h, weight: 0}]"), {1, 27}, "add up to zero"},
    {"weight_range", with_endpoints("[{url: http://h, weight: 1000001}]"), {1, 52}, "0 to 1000000"},
    {"negative_weight", with_endpoints("[{url: http://h, weight: -1}]"), {1, 52}, "out of range"},
    {"api", with_backend("api: open_ai"), {4, 10}, "did you mean \"openai\"?"},
    {"balance", with_backend("balance: random"), {4, 14}, "none of round_robin, least_requests"},
    {"key_with_line_break", with_backend("key: \"a\\nb\""), {4, 10}, "visible ASCII"},
    {"key_empty", with_backend("key: \"\""), {4, 10}, "is empty"},
    {"key_list", with_backend("key: []"), {4, 10}, "the value is not a key"},
    {"header_name", with_backend("headers: {\"a b\": c}"), {4, 15}, "is not a header's name"},
    {"header_host", with_backend("headers: {Host: c}"), {4, 15}, "by the gateway alone"},
    {"header_length", with_backend("headers: {content-length: 5}"), {4, 15}, "by the gateway alone"},
    {"header_injection", with_backend("headers: {a: \"b\\r\\nc: d\"}"), {4, 15}, "control character"},
    {"header_null", with_backend("headers: {a: null}"), {4, 15}, "is not text"},
    {"header_twice", with_backend("headers: {a: b, A: c}"), {4, 21}, "given twice"},
    {"pass_header", with_backend("pass_headers: [Cookies]"), {4, 20}, "did you mean \"cookie\"?"},
    {"pass_header_twice", with_backend("pass_headers: [Cookie, cookie]"), {4, 28}, "twice"},
    {"pool_idle", with_backend("pool: {idle: 4}"), {4, 18}, "has no unit"},
    {"timeouts_null", with_backend("timeouts: {total: null}"), {4, 16}, "null is not a duration"},
    {"health_overlap", with_backend("health: {timeout: 6s}"), {4, 23}, "longer than the 5s"},
    {"health_interval", with_backend("health: {interval: 500ms}"), {4, 24}, "longer than the 500ms"},
    {"outlier_percent", with_backend("outlier: {max_ejected_percent: 101}"), {4, 36}, "0 to 100"},
    {"cooldown_status", with_backend("cooldown: {on: [200]}"), {4, 21}, "400 to 599"},
    {"cooldown_twice", with_backend("cooldown: {on: [429, 429]}"), {4, 26}, "twice"},
    {"cooldown_no_list", with_backend("cooldown: {on: 429}"), {4, 20}, "is not a list"},
    {"cancel", with_backend("on_client_cancel: ignore"), {4, 23}, "none of abort, drain"},
    {"resume", with_backend("resume: false"), {4, 13}, "none of off"},
    {"queue_timeout", with_backend("queue: {timeout: 0s}"), {4, 22}, "1ms to 168h"},
    {"tls_verify", with_backend("tls: {verify: no}"), {4, 19}, "neither true nor false"},
};
class BackendRefusalTest : public testing::TestWithParam<Refusal> {};
TEST_P(BackendRefusalTest, names_place_and_reason) { expect_refused(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Rows, BackendRefusalTest, testing::ValuesIn(kRefusals), refusal_name);

TEST(BackendsTest, one_is_needed) {
  auto const errors = errors_of(load("backends: {}\n" + std::string(kRoutes)));
  EXPECT_NE(errors.find("1:11: backends: needs one backend at least"), std::string::npos) << errors;
}

TEST(BackendsTest, a_password_or_key_in_a_url_is_not_repeated) {
  for (auto const* const url : {"http://me:hunter2@h", "http://h/x?key=hunter2", "ftp://me:hunter2@h"}) {
    auto const errors = errors_of(load(with_endpoints("[\"" + std::string(url) + "\"]")));
    EXPECT_NE(errors, "");
    EXPECT_EQ(errors.find("hunter2"), std::string::npos) << errors;
  }
}

TEST(BackendsTest, secrets_are_not_repeated) {
  auto const errors = errors_of(load(with_backend("key: hunter2 x\n    headers: {a: \"hunter2\\n\"}")));
  EXPECT_NE(errors, "");
  EXPECT_EQ(errors.find("hunter2"), std::string::npos) << errors;
}

}  // namespace
}  // namespace inferway::config
