// What a backend says of its own failure within a stream.

#include "inferway/dialect/stream_error.hpp"

#include "inferway/base/text.hpp"
#include "json_walk.hpp"
#include "model_name.hpp"

#include <algorithm>
#include <array>

namespace inferway::dialect {

namespace {

struct Word {
  std::string_view word;
  int status;
};

/// The words by which APIs name what their status says before the head is sent: OpenAI's and vLLM's types and codes,
/// Anthropic's types, google.rpc.Code.
constexpr auto kWords = std::to_array<Word>({
    {"rate_limit_exceeded", 429},
    {"rate_limit_error", 429},
    {"too_many_requests", 429},
    {"insufficient_quota", 429},
    {"RESOURCE_EXHAUSTED", 429},
    {"requests", 429},
    {"tokens", 429},
    {"overloaded_error", 529},
    {"overloaded", 503},
    {"engine_overloaded", 503},
    {"service_unavailable", 503},
    {"service_unavailable_error", 503},
    {"slow_down", 503},
    {"ServiceUnavailable", 503},
    {"UNAVAILABLE", 503},
    {"server_error", 500},
    {"api_error", 500},
    {"internal_error", 500},
    {"internal_server_error", 500},
    {"InternalServerError", 500},
    {"INTERNAL", 500},
    {"upstream_error", 502},
    {"timeout", 504},
    {"timeout_error", 504},
    {"DEADLINE_EXCEEDED", 504},
    {"model_not_found", 404},
    {"not_found_error", 404},
    {"NotFoundError", 404},
    {"NOT_FOUND", 404},
    {"invalid_api_key", 401},
    {"authentication_error", 401},
    {"UNAUTHENTICATED", 401},
    {"billing_error", 402},
    {"permission_error", 403},
    {"PERMISSION_DENIED", 403},
    {"request_too_large", 413},
    {"context_length_exceeded", 400},
    {"content_filter", 400},
    {"invalid_prompt", 400},
    {"BadRequestError", 400},
    {"invalid_request_error", 400},
    {"INVALID_ARGUMENT", 400},
    {"FAILED_PRECONDITION", 400},
});

int status_of(std::string_view word) {
  auto const number = parse_decimal(word);
  if (number && *number >= 400 && *number <= 599) return static_cast<int>(*number);
  auto const found = std::ranges::find(kWords, word, &Word::word);
  return found == kWords.end() ? 0 : found->status;
}

/// At most `bytes`, cut between two characters.
std::string bounded(std::string_view text, std::size_t bytes) {
  auto cut = std::min(text.size(), bytes);
  while (cut < text.size() && cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  return std::string(text.substr(0, cut));
}

/// A string's text, or a number or literal as it stands; "" for null, arrays and objects.
std::string text_of(std::string_view value, std::size_t bytes) {
  if (auto const inside = string_inside(value)) {
    std::string storage;
    auto const text = unescape_json(*inside, storage);
    // A lone surrogate is no text; with its escapes it can still be read.
    return bounded(text.value_or(*inside), bytes);
  }
  bool const scalar = !is_null(value) && value.front() != '{' && value.front() != '[';
  return scalar ? bounded(value, bytes) : std::string();
}

std::string first_text(std::string_view object, std::initializer_list<std::string_view> keys, std::size_t bytes) {
  for (auto const key : keys) {
    auto text = text_of(member(object, key), bytes);
    if (!text.empty()) return text;
  }
  return {};
}

/// Where in the event the error stands: below "error" as a rule; the responses API's last event has it in its response,
/// and its error event at the top.
std::string_view error_object(std::string_view data) {
  auto const error = member(data, "error");
  if (!is_null(error)) return error;
  auto const failed = member(member(data, "response"), "error");
  return is_null(failed) ? data : failed;
}

/// An event's own type is no error's.
void drop_event_type(StreamError& error) {
  if (error.type == "error" || error.type == "response.failed") error.type.clear();
}

}  // namespace

StreamError read_error(Event const& event) {
  StreamError error;
  auto const object = error_object(event.data);
  if (!JsonWalk(object).is_object()) {
    // Ollama's and TGI's is a text; an event named error may have any.
    bool const json = JsonWalk(event.data).is_object();
    error.message =
        json ? text_of(object, StreamError::kMaxMessageBytes) : bounded(event.data, StreamError::kMaxMessageBytes);
    error.type = text_of(member(event.data, "error_type"), StreamError::kMaxWordBytes);
    error.status = status_of(error.type);
    return error;
  }
  error.message = first_text(object, {"message", "detail"}, StreamError::kMaxMessageBytes);
  error.code = text_of(member(object, "code"), StreamError::kMaxWordBytes);
  error.type = first_text(object, {"type", "status"}, StreamError::kMaxWordBytes);
  drop_event_type(error);
  for (auto const key : {"code", "status", "status_code", "type"}) {
    if (error.status == 0) error.status = status_of(text_of(member(object, key), StreamError::kMaxWordBytes));
  }
  // Gemini's code is the status as a number, and Azure's status is one: neither is a word.
  bool const numeric_type = parse_decimal(error.type).has_value();
  if (numeric_type) error.type.clear();
  return error;
}

}  // namespace inferway::dialect
