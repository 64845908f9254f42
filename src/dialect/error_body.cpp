// Errors, the gateway's own and those that a backend reported, in each dialect's envelope.

#include "inferway/base/text.hpp"
#include "inferway/dialect/dialect.hpp"
#include "inferway/dialect/stream_error.hpp"
#include "inferway/http/answer.hpp"

#include <algorithm>

namespace inferway::dialect {

namespace {

/// Anthropic's error.type by status (its API reference, "Errors").
std::string_view anthropic_type(int status) {
  switch (status) {
    case 401: return "authentication_error";
    case 403: return "permission_error";
    case 404: return "not_found_error";
    case 413: return "request_too_large";
    case 429: return "rate_limit_error";
    case 503:
    case 529: return "overloaded_error";
    case 504: return "timeout_error";
    default: return status < 500 ? "invalid_request_error" : "api_error";
  }
}

/// The google.rpc.Code that belongs to a status.
std::string_view google_status(int status) {
  switch (status) {
    case 401: return "UNAUTHENTICATED";
    case 403: return "PERMISSION_DENIED";
    case 404: return "NOT_FOUND";
    case 405: return "UNIMPLEMENTED";
    case 429: return "RESOURCE_EXHAUSTED";
    case 499: return "CANCELLED";
    case 500: return "INTERNAL";
    case 502:
    case 503:
    case 529: return "UNAVAILABLE";
    case 408:
    case 504: return "DEADLINE_EXCEEDED";
    default: return status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
  }
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

/// An error in the words of every dialect.
struct Wording {
  int status;
  std::string_view type;   ///< OpenAI's
  std::string_view code;   ///< OpenAI's; "": null
  std::string_view param;  ///< OpenAI's; "": null
  std::string_view anthropic_type;
  std::string_view google_status;
  std::string_view message;
};

Wording wording(ErrorCode code, std::string_view message) {
  bool const about_model = code == ErrorCode::model_not_found || code == ErrorCode::invalid_model ||
                           code == ErrorCode::ambiguous_model || code == ErrorCode::model_not_allowed;
  auto const kind = http::answer_kind(code);
  return {.status = kind.status,
          .type = kind.type,
          .code = name(code),
          .param = about_model ? "model" : "",
          .anthropic_type = anthropic_type(kind.status),
          .google_status = google_status(kind.status),
          .message = message};
}

/// google.rpc.Code is written in capitals, and no other dialect's words are.
bool is_google_word(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
}

/// What the backend said, word by word; what it left out follows its status.
Wording wording(StreamError const& error) {
  auto const status = error.status == 0 ? 502 : error.status;
  bool const google = is_google_word(error.type);
  // Anthropic's own types, which its clients know by name, end so; OpenAI has one that does, too.
  bool const anthropic =
      (error.type.ends_with("_error") && error.type != "server_error") || error.type == "request_too_large";
  std::string_view const type = error.type;
  return {.status = status,
          .type = !type.empty()  ? type
                  : status < 500 ? "invalid_request_error"
                                 : "upstream_error",
          .code = error.code,
          .param = "",
          .anthropic_type = anthropic ? type : anthropic_type(status),
          .google_status = google ? type : google_status(status),
          .message = error.message.empty() ? "The model server reported an error." : std::string_view(error.message)};
}

void append_string_or_null(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    append_string(out, text);
  }
}

/// {"message","type","param","code"}: all four keys, always.
void append_openai_object(std::string& out, Wording const& error) {
  out += R"({"message":)";
  append_string(out, error.message);
  out += R"(,"type":)";
  append_string(out, error.type);
  out += R"(,"param":)";
  append_string_or_null(out, error.param);
  out += R"(,"code":)";
  append_string_or_null(out, error.code);
  out += '}';
}

std::string openai_error(Wording const& error) {
  std::string out = R"({"error":)";
  append_openai_object(out, error);
  return out += '}';
}

std::string anthropic_error(Wording const& error, std::string_view request_id) {
  std::string out = R"({"type":"error","error":{"type":)";
  append_string(out, error.anthropic_type);
  out += R"(,"message":)";
  append_string(out, error.message);
  out += R"(},"request_id":)";
  append_string_or_null(out, request_id);
  return out += '}';
}

std::string gemini_error(Wording const& error) {
  std::string out = R"({"error":{"code":)" + std::to_string(error.status) + R"(,"message":)";
  append_string(out, error.message);
  out += R"(,"status":)";
  append_string(out, error.google_status);
  return out += "}}";
}

std::string ollama_error(std::string_view message) {
  std::string out = R"({"error":)";
  append_string(out, message);
  return out += '}';
}

/// The error event of the responses API is flat and has a type; its official clients raise only for a top-level
/// "error", which the chat API has, so both stand here. How many events came before is not known here: 0.
std::string responses_error(Wording const& error) {
  std::string out = R"({"type":"error","code":)";
  append_string_or_null(out, error.code);
  out += R"(,"message":)";
  append_string(out, error.message);
  out += R"(,"param":null,"sequence_number":0,"error":)";
  append_openai_object(out, error);
  return out += '}';
}

/// The stream that a dialect has where the path does not tell.
http::StreamApi usual_stream(Api dialect) {
  switch (dialect) {
    case Api::openai: return http::StreamApi::openai_done;
    case Api::anthropic: return http::StreamApi::anthropic_messages;
    case Api::gemini: return http::StreamApi::gemini_generate;
    case Api::ollama: return http::StreamApi::ollama_lines;
  }
  return http::StreamApi::openai_done;
}

std::string body(Api dialect, Wording const& error, std::string_view request_id) {
  switch (dialect) {
    case Api::openai: return openai_error(error);
    case Api::anthropic: return anthropic_error(error, request_id);
    case Api::gemini: return gemini_error(error);
    case Api::ollama: return ollama_error(error.message);
  }
  return openai_error(error);
}

std::string event(Api dialect, http::StreamApi stream, Wording const& error, std::string_view request_id) {
  if (stream == http::StreamApi::unknown) stream = usual_stream(dialect);
  switch (stream) {
    case http::StreamApi::openai_responses: return "event: error\ndata: " + responses_error(error) + "\n\n";
    case http::StreamApi::anthropic_messages:
      return "event: error\ndata: " + anthropic_error(error, request_id) + "\n\n";
    case http::StreamApi::gemini_generate: return "data: " + gemini_error(error) + "\r\n\r\n";
    case http::StreamApi::ollama_lines: return ollama_error(error.message) + "\n";
    case http::StreamApi::openai_done:
    case http::StreamApi::unknown: break;
  }
  return "data: " + openai_error(error) + "\n\n";
}

}  // namespace

std::string error_body(Api dialect, ErrorCode code, std::string_view message, std::string_view request_id) {
  return body(dialect, wording(code, message), request_id);
}

std::string error_event(Api dialect, http::StreamApi stream, ErrorCode code, std::string_view message,
                        std::string_view request_id) {
  return event(dialect, stream, wording(code, message), request_id);
}

std::string error_body(Api dialect, StreamError const& error, std::string_view request_id) {
  return body(dialect, wording(error), request_id);
}

std::string error_event(Api dialect, http::StreamApi stream, StreamError const& error, std::string_view request_id) {
  return event(dialect, stream, wording(error), request_id);
}

}  // namespace inferway::dialect
