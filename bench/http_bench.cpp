// Taking HTTP apart: heads as SDKs and model servers send them, chunks and events as they stream.

#include "inferway/http/chunk_scanner.hpp"
#include "inferway/http/event_scanner.hpp"
#include "inferway/http/head.hpp"
#include "sdk_head.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace inferway::http {
namespace {

constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\n"
    "date: Mon, 01 Jun 2026 12:00:00 GMT\r\n"
    "server: uvicorn\r\n"
    "cache-control: no-cache\r\n"
    "connection: keep-alive\r\n"
    "x-request-id: 0123456789abcdef\r\n"
    "content-type: text/event-stream; charset=utf-8\r\n"
    "transfer-encoding: chunked\r\n"
    "\r\n";

template <typename Head, typename... More>
void parse_head(benchmark::State& state, std::string_view bytes, More... more) {
  Head head;
  for (auto _ : state) {
    auto const end = find_head_end(bytes, 0);
    if (!end || end->size != bytes.size()) return state.SkipWithError("no end");
    auto const parsed = head.parse(bytes, HeadLimits{}, more...);
    if (!parsed) return state.SkipWithError("refused");
    benchmark::DoNotOptimize(head.fields.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes.size()) * state.iterations());
}
void parse_request_head(benchmark::State& state) { parse_head<RequestHead>(state, kSdkHead); }
void parse_response_head(benchmark::State& state) { parse_head<ResponseHead>(state, kResponse, false); }
BENCHMARK(parse_request_head);
BENCHMARK(parse_response_head);

std::string event() {
  return R"(data: {"id":"chatcmpl-0123456789","object":"chat.completion.chunk","created":1780000000,)"
         R"("model":"llama-3.3-70b-instruct","choices":[{"index":0,"delta":{"content":" token"},)"
         R"("logprobs":null,"finish_reason":null}]})"
         "\n\n";
}

std::string messages_event() {
  return "event: content_block_delta\n"
         R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" token"}})"
         "\n\n";
}

std::string responses_event() {
  return "event: response.output_text.delta\n"
         R"(data: {"type":"response.output_text.delta","sequence_number":17,"item_id":"msg_0123456789",)"
         R"("output_index":0,"content_index":0,"delta":" token","logprobs":[]})"
         "\n\n";
}

std::string ollama_line() {
  return R"({"model":"llama3.3","created_at":"2026-06-01T12:00:00.000Z","message":{"role":"assistant",)"
         R"("content":" token"},"done":false})"
         "\n";
}

std::string chunked(std::string const& payload) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string size;
  for (auto left = payload.size(); left > 0; left /= 16) size.insert(size.begin(), kHex[left % 16]);
  return size + "\r\n" + payload + "\r\n";
}

/// All chunks of the pieces, as they are read: `per_read` chunks at a time.
void scan_chunks(benchmark::State& state, std::string const& payload) {
  std::string read;
  for (auto left = state.range(0); left > 0; --left) read += chunked(payload);
  ChunkScanner scanner;
  for (auto _ : state) {
    for (std::string_view rest = read; !rest.empty();) {
      auto const step = scanner.next(rest);
      if (!step) return state.SkipWithError("refused");
      benchmark::DoNotOptimize(step->data.data());
      rest.remove_prefix(step->consumed);
    }
  }
  state.SetItemsProcessed(state.range(0) * state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(read.size()) * state.iterations());
}
BENCHMARK_CAPTURE(scan_chunks, events, event())->Arg(1)->Arg(64);
BENCHMARK_CAPTURE(scan_chunks, blocks_of_16k, std::string(16'384, 'x'))->Arg(4);

/// One event a read, as models write them, and many at once.
void scan_events(benchmark::State& state, StreamApi api, std::string const& one) {
  std::string read;
  for (auto left = state.range(0); left > 0; --left) read += one;
  EventScanner scanner(api);
  for (auto _ : state) {
    if (scanner.feed(read) != read.size()) return state.SkipWithError("an event is open");
  }
  state.SetItemsProcessed(state.range(0) * state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(read.size()) * state.iterations());
}
BENCHMARK_CAPTURE(scan_events, chat, StreamApi::openai_done, event())->Arg(1)->Arg(64);
BENCHMARK_CAPTURE(scan_events, responses, StreamApi::openai_responses, responses_event())->Arg(1)->Arg(64);
BENCHMARK_CAPTURE(scan_events, messages, StreamApi::anthropic_messages, messages_event())->Arg(1)->Arg(64);
BENCHMARK_CAPTURE(scan_events, gemini, StreamApi::gemini_generate, event())->Arg(1)->Arg(64);
BENCHMARK_CAPTURE(scan_events, ollama, StreamApi::ollama_lines, ollama_line())->Arg(1)->Arg(64);

}  // namespace
}  // namespace inferway::http
