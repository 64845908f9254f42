#include "question.hpp"

#include "inferway/base/text.hpp"
#include "inferway/dialect/model_scan.hpp"

#include <algorithm>
#include <utility>

namespace inferway::cli {
namespace {

bool says(Question const& question, std::string_view name) {
  return std::ranges::any_of(question.headers, [&](std::string_view header) {
    return iequals(trim(header.substr(0, header.find(':'))), name);
  });
}

bool ends_a_line(std::string_view text) { return text.find_first_of("\r\n") != std::string_view::npos; }

/// What would be more than one line in a head.
std::optional<std::string> complaint(Question const& question) {
  if (question.method.empty()) return "METHOD is empty";
  if (ends_a_line(question.method)) return "METHOD holds a line break";
  if (ends_a_line(question.target)) return "PATH holds a line break";
  for (auto const& header : question.headers) {
    if (header.empty()) return "a --header is empty";
    if (ends_a_line(header)) return "a --header holds a line break";
  }
  bool const bears_body = question.method == "POST" || question.method == "PUT" || question.method == "PATCH";
  if (question.model && !question.body && !bears_body) {
    return "--model stands for a JSON body, and " + question.method +
           " has none: name the model in PATH (?model=), or give --body";
  }
  return std::nullopt;
}

}  // namespace

std::expected<SampleRequest, std::string> sample_request(Question const& question) {
  if (auto const wrong = complaint(question)) return std::unexpected(*wrong);
  SampleRequest out;
  out.body_made_up = question.model && !question.body;
  out.host_made_up = !says(question, "host");
  bool const has_body = question.model || question.body;
  if (question.body) out.body = *question.body;
  if (out.body_made_up) out.body = "{\"model\":" + dialect::json_string(*question.model) + "}";

  auto& head = out.head;
  head = question.method + " " + question.target + " HTTP/1.1\r\n";
  if (out.host_made_up) head += "Host: localhost\r\n";
  for (auto const& header : question.headers) head += header + "\r\n";
  if (out.body_made_up && !says(question, "content-type")) head += "Content-Type: application/json\r\n";
  bool const framed = says(question, "content-length") || says(question, "transfer-encoding");
  if (has_body && !framed) head += "Content-Length: " + std::to_string(out.body.size()) + "\r\n";
  head += "\r\n";
  return out;
}

Result<void> read_head(http::RequestHead& head, std::string_view bytes, config::Limits const& limits) {
  auto const end = http::find_head_end(bytes, 0);
  if (!end) return std::unexpected(end.error());
  if (bytes.size() > limits.header_bytes) {
    return client_error(ErrorCode::header_too_large, "the request head is larger than limits.header_bytes");
  }
  return head.parse(bytes, {.bytes = limits.header_bytes, .fields = limits.header_count});
}

}  // namespace inferway::cli
