// What it costs to write the head that goes upstream, from a head as SDKs send it.

#include "inferway/proxy/upstream_head.hpp"
#include "sdk_head.hpp"

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

void write_head(benchmark::State& state, std::string_view bytes, bool with_key) {
  http::RequestHead client;
  if (!client.parse(bytes, {})) return state.SkipWithError("refused");
  config::Endpoint endpoint;
  endpoint.authority = "10.0.0.1:8000";
  BackendPlan backend;
  if (with_key) {
    backend.fields = Secret("Authorization: Bearer sk-fedcba9876543210fedcba9876543210\r\n");
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
BENCHMARK_CAPTURE(write_head, of_an_sdk, kSdkHead, false);
BENCHMARK_CAPTURE(write_head, of_an_sdk_with_the_backends_key, kSdkHead, true);

}  // namespace
}  // namespace inferway::proxy
