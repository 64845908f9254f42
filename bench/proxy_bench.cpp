// What it costs to write the head that goes upstream, from a head as SDKs send it.

#include "inferway/proxy/upstream_head.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

namespace inferway::proxy {
namespace {

constexpr std::string_view kShort =
    "POST /v1/chat/completions HTTP/1.1\r\n"
    "Host: gateway.example\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 400\r\n"
    "\r\n";

constexpr std::string_view kOfSdk =
    "POST /v1/chat/completions HTTP/1.1\r\n"
    "Host: gateway.example:8080\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Connection: keep-alive\r\n"
    "Accept: application/json\r\n"
    "Content-Type: application/json\r\n"
    "User-Agent: OpenAI/Python 1.99.0\r\n"
    "X-Stainless-Lang: python\r\n"
    "X-Stainless-Package-Version: 1.99.0\r\n"
    "X-Stainless-OS: Linux\r\n"
    "X-Stainless-Arch: x64\r\n"
    "X-Stainless-Runtime: CPython\r\n"
    "X-Stainless-Runtime-Version: 3.11.7\r\n"
    "Authorization: Bearer sk-0123456789abcdef0123456789abcdef\r\n"
    "X-Stainless-Async: false\r\n"
    "x-stainless-retry-count: 0\r\n"
    "x-stainless-read-timeout: 600\r\n"
    "Content-Length: 400\r\n"
    "\r\n";

void write_head(benchmark::State& state, std::string_view bytes, bool with_key) {
  http::RequestHead client;
  if (!client.parse(bytes, {})) return state.SkipWithError("refused");
  config::Endpoint endpoint;
  endpoint.authority = "10.0.0.1:8000";
  BackendPlan backend;
  if (with_key) {
    backend.fields = "Authorization: Bearer sk-fedcba9876543210fedcba9876543210\r\n";
    backend.replaced = {"authorization"};
  }
  UpstreamHead const head{.client = client,
                          .endpoint = endpoint,
                          .backend = backend,
                          .path = "/v1/chat/completions",
                          .query = {},
                          .peer = "192.0.2.7",
                          .secure = false,
                          .request_id = "0123456789abcdef0123456789abcdef",
                          .framing = {.chunked = false, .length = 400}};
  net::BlockPool pool;
  net::Buffer out(pool);
  for (auto _ : state) {
    write_upstream_head(out, head);
    benchmark::DoNotOptimize(out.view().data());
    out.release();
  }
}
BENCHMARK_CAPTURE(write_head, few_fields, kShort, false);
BENCHMARK_CAPTURE(write_head, of_an_sdk, kOfSdk, false);
BENCHMARK_CAPTURE(write_head, of_an_sdk_with_the_backends_key, kOfSdk, true);

}  // namespace
}  // namespace inferway::proxy
