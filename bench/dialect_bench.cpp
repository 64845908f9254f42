// What it costs to find the model in a body: it should be little beside copying it.

#include "inferway/dialect/dialect.hpp"

#include "inferway/dialect/model_scan.hpp"

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

namespace inferway::dialect {
namespace {

constexpr std::string_view kModel = R"("model":"llama-3.1-8b-instruct")";

/// Prose with a line break each 80 characters, as escapes.
std::string prose(std::size_t size) {
  std::string out;
  while (out.size() < size) {
    out += R"(It is a truth universally acknowledged, that a single man must be in want of a \")";
    out += R"(wife\".\n)";
  }
  return out;
}

/// A conversation of many messages of 2 KiB.
std::string conversation(std::size_t size) {
  std::string out = R"("messages":[{"role":"system","content":"Be brief."})";
  while (out.size() < size) out += R"(,{"role":"user","content":")" + prose(2048) + R"("})";
  return out + "]";
}

/// The same as a client that escapes all that is not ASCII writes it.
std::string escaped_conversation(std::size_t size) {
  std::string out = R"("messages":[{"role":"user","content":")";
  while (out.size() < size) out += R"(\u8bf7\u7528\u4e2d\u6587\u56de\u7b54)";
  return out + R"("}])";
}

/// An embedding's input as tokens.
std::string tokens(std::size_t size) {
  std::string out = R"("input":[[)";
  while (out.size() < size) out += "15339,1917,11,420,374,264,1296,";
  return out + "0]]";
}

/// A tool's schema: short strings, deep nesting.
std::string schemas(std::size_t size) {
  std::string out = R"("tools":[{"type":"function"})";
  while (out.size() < size) {
    out += R"(,{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":)"
           R"({"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]}}})";
  }
  return out + "]";
}

using Content = std::string (*)(std::size_t size);

enum class Place { first, last };

void scan(benchmark::State& state, Content content, Place place) {
  auto const filler = content(static_cast<std::size_t>(state.range(0)));
  std::string const model(kModel);
  auto const body = place == Place::first ? "{" + model + "," + filler + "}" : "{" + filler + "," + model + "}";
  for (auto _ : state) {
    JsonModelScanner scanner;
    // As a body is read: in blocks.
    for (std::string_view rest = body; !rest.empty();) {
      auto const piece = rest.substr(0, 64 * 1024);
      scanner.feed(piece);
      rest.remove_prefix(piece.size());
    }
    auto const found = scanner.finish();
    if (!found || !*found) state.SkipWithError("no model");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}

void scan_form(benchmark::State& state, Content content) {
  static constexpr std::string_view kFront =
      "------b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n"
      "Content-Type: application/octet-stream\r\n\r\n";
  static constexpr std::string_view kBehind =
      "\r\n------b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n------b--\r\n";
  auto const body = std::string(kFront) + content(static_cast<std::size_t>(state.range(0))) + std::string(kBehind);
  for (auto _ : state) {
    MultipartModelScanner scanner("----b");
    scanner.feed(body);
    auto const found = scanner.finish();
    if (!found || !*found) state.SkipWithError("no model");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}

/// As compressed audio is: every byte alike often.
std::string noise(std::size_t size) {
  std::string out;
  for (std::uint32_t value = 1; out.size() < size; value = value * 1664525 + 1013904223) {
    out += static_cast<char>(value >> 24);
  }
  return out;
}

std::string lines(std::size_t size) {
  std::string out;
  while (out.size() < size)
    out += R"({"custom_id":"1","method":"POST","url":"/v1/embeddings"})"
           "\n";
  return out;
}

/// The measure for all of them.
void copy(benchmark::State& state) {
  auto const body = prose(static_cast<std::size_t>(state.range(0)));
  std::string target(body.size(), ' ');
  for (auto _ : state) {
    std::memcpy(target.data(), body.data(), body.size());
    benchmark::DoNotOptimize(target.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}

void error(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        error_body(Api::openai, ErrorCode::model_not_found, "no route for the model 'llama-3'", "r1"));
  }
}

void sizes(benchmark::internal::Benchmark* bench) { bench->Arg(400)->Arg(64 * 1024)->Arg(1024 * 1024); }

BENCHMARK_CAPTURE(scan, conversation_model_first, conversation, Place::first)->Apply(sizes);
BENCHMARK_CAPTURE(scan, conversation_model_last, conversation, Place::last)->Apply(sizes);
BENCHMARK_CAPTURE(scan, escaped_conversation, escaped_conversation, Place::first)->Apply(sizes);
BENCHMARK_CAPTURE(scan, tokens, tokens, Place::first)->Apply(sizes);
BENCHMARK_CAPTURE(scan, schemas, schemas, Place::first)->Apply(sizes);
BENCHMARK_CAPTURE(scan_form, noise, noise)->Apply(sizes);
BENCHMARK_CAPTURE(scan_form, lines, lines)->Apply(sizes);
BENCHMARK(copy)->Apply(sizes);
BENCHMARK(error);

}  // namespace
}  // namespace inferway::dialect
