// Finding the model in a body, in bytes a second. Bodies arrive in pieces of 64 KiB, as a session reads them.

#include "inferway/dialect/model_scan.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace inferway::dialect {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr char const* kModel = R"("model":"llama-3.3-70b-instruct")";

/// Prose as prompts bear it: a quote and a line's end now and then.
std::string prose(std::size_t bytes) {
  static constexpr std::string_view kLine =
      R"(The gateway reads each line of the log, and says \"here\" when it finds the one that was asked for.\n)";
  std::string out;
  while (out.size() + kLine.size() <= bytes) out += kLine;
  return out.append(bytes - out.size(), '.');
}

/// Code as coding tools send it: many escapes, short runs between them.
std::string code(std::size_t bytes) {
  static constexpr std::string_view kLine = R"(\tif (\"key\" in row) {\n\t\tprint(\"row\\n\", row[\"key\"]);\n\t}\n)";
  std::string out;
  while (out.size() + kLine.size() <= bytes) out += kLine;
  return out.append(bytes - out.size(), '.');
}

/// Text that is not ASCII as Python's json.dumps writes it.
std::string all_escaped(std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += R"(\u8bf7\u7528\u4e2d\u6587\u56de\u7b54)";
  return out;
}

std::string message(std::string const& content) { return R"({"role":"user","content":")" + content + R"("})"; }

std::string chat(std::string const& messages, bool model_first) {
  std::string const rest = R"("messages":[)" + messages + R"(],"stream":true,"temperature":0.7)";
  return model_first ? std::string("{") + kModel + ',' + rest + '}' : '{' + rest + ',' + kModel + '}';
}

/// Many short messages: structure outweighs text.
std::string short_messages(std::size_t bytes) {
  std::string out = message("Hi");
  while (out.size() < bytes) out += ',' + message("And then?");
  return out;
}

/// What embedding clients send: token numbers.
std::string token_numbers(std::size_t bytes) {
  std::string out = std::string("{") + kModel + R"(,"input":[)";
  for (std::size_t token = 17; out.size() < bytes; token = token * 31 % 100'003) out += std::to_string(token) + ',';
  return out + "0]}";
}

/// A schema of tools, printed for people: blanks, short keys, brackets.
std::string indented(std::size_t bytes) {
  std::string out = std::string("{\n  ") + kModel + ",\n  \"tools\": [";
  while (out.size() < bytes) {
    out += "\n    {\n      \"type\": \"function\",\n      \"strict\": true,\n      \"order\": [1, 2, 3]\n    },";
  }
  return out + "\n    {}\n  ]\n}\n";
}

template <typename Scanner>
void feed(Scanner& scanner, std::string_view body) {
  for (; !body.empty(); body.remove_prefix(std::min(kPiece, body.size()))) scanner.feed(body.substr(0, kPiece));
}

void scan_json(benchmark::State& state, std::string const& body) {
  for (auto _ : state) {
    JsonModelScanner scanner;
    feed(scanner, body);
    auto const found = scanner.finish();
    if (!found || !*found) return state.SkipWithError("no model");
    benchmark::DoNotOptimize((*found)->offset);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(body.size()) * state.iterations());
}
constexpr std::size_t kSmall = 300;  // 400 B with all around it
constexpr std::size_t kMiddle = 64 * 1024;
constexpr std::size_t kLarge = 1024 * 1024;
BENCHMARK_CAPTURE(scan_json, prose_400_model_first, chat(message(prose(kSmall)), true));
BENCHMARK_CAPTURE(scan_json, prose_400_model_last, chat(message(prose(kSmall)), false));
BENCHMARK_CAPTURE(scan_json, prose_64k_model_first, chat(message(prose(kMiddle)), true));
BENCHMARK_CAPTURE(scan_json, prose_64k_model_last, chat(message(prose(kMiddle)), false));
BENCHMARK_CAPTURE(scan_json, prose_1m_model_first, chat(message(prose(kLarge)), true));
BENCHMARK_CAPTURE(scan_json, prose_1m_model_last, chat(message(prose(kLarge)), false));
BENCHMARK_CAPTURE(scan_json, base64_1m, chat(message(std::string(kLarge, 'A')), false));
BENCHMARK_CAPTURE(scan_json, code_1m, chat(message(code(kLarge)), false));
BENCHMARK_CAPTURE(scan_json, all_escaped_1m, chat(message(all_escaped(kLarge)), false));
BENCHMARK_CAPTURE(scan_json, short_messages_1m, chat(short_messages(kLarge), false));
BENCHMARK_CAPTURE(scan_json, token_numbers_1m, token_numbers(kLarge));
BENCHMARK_CAPTURE(scan_json, indented_1m, indented(kLarge));

std::string part(std::string_view disposition, std::string_view content) {
  return std::string("--boundary-0123456789abcdef\r\nContent-Disposition: form-data; ")
      .append(disposition)
      .append("\r\n\r\n")
      .append(content)
      .append("\r\n");
}

std::string form(std::string const& file, bool model_first) {
  auto const model = part(R"(name="model")", "whisper-1");
  auto const upload = part(R"(name="file"; filename="speech.wav")", file);
  return (model_first ? model + upload : upload + model) + "--boundary-0123456789abcdef--\r\n";
}

/// Bytes without a pattern, as compressed audio is: each 256th is a CR.
std::string noise(std::size_t bytes) {
  std::string out(bytes, '\0');
  std::uint32_t state = 1;
  for (auto& c : out) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return out;
}

std::string csv(std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += "one,two,three,4,5,6\r\n";
  return out;
}

void scan_form(benchmark::State& state, std::string const& body) {
  for (auto _ : state) {
    MultipartModelScanner scanner("boundary-0123456789abcdef");
    feed(scanner, body);
    auto const found = scanner.finish();
    if (!found || !*found) return state.SkipWithError("no model");
    benchmark::DoNotOptimize((*found)->offset);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(body.size()) * state.iterations());
}
BENCHMARK_CAPTURE(scan_form, silence_1m_model_first, form(std::string(kLarge, '\0'), true));
BENCHMARK_CAPTURE(scan_form, noise_1m_model_first, form(noise(kLarge), true));
BENCHMARK_CAPTURE(scan_form, noise_1m_model_last, form(noise(kLarge), false));
BENCHMARK_CAPTURE(scan_form, short_lines_1m, form(csv(kLarge), true));

}  // namespace
}  // namespace inferway::dialect
