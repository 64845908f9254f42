// The gateway's own errors in each dialect's envelope.

#include "inferway/base/text.hpp"
#include "inferway/dialect/dialect.hpp"
#include "inferway/http/answer.hpp"

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
    case 503: return "overloaded_error";
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
    case 503: return "UNAVAILABLE";
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

/// {"message","type","code","param"}: all four keys, always.
void append_openai_object(std::string& out, ErrorCode code, std::string_view message) {
  bool const about_model = code == ErrorCode::model_not_found || code == ErrorCode::invalid_model ||
                           code == ErrorCode::ambiguous_model || code == ErrorCode::model_not_allowed;
  out += R"({"message":)";
  append_string(out, message);
  out.append(R"(,"type":")").append(http::answer_kind(code).type);
  out.append(R"(","param":)").append(about_model ? R"("model")" : "null");
  out.append(R"(,"code":")").append(name(code)).append(R"("})");
}

std::string openai_error(ErrorCode code, std::string_view message) {
  std::string out = R"({"error":)";
  append_openai_object(out, code, message);
  return out += '}';
}

std::string anthropic_error(ErrorCode code, std::string_view message, std::string_view request_id) {
  std::string out = R"({"type":"error","error":{"type":")";
  out.append(anthropic_type(http::answer_kind(code).status)).append(R"(","message":)");
  append_string(out, message);
  out += R"(},"request_id":)";
  if (request_id.empty()) {
    out += "null";
  } else {
    append_string(out, request_id);
  }
  return out += '}';
}

std::string gemini_error(ErrorCode code, std::string_view message) {
  auto const status = http::answer_kind(code).status;
  std::string out = R"({"error":{"code":)" + std::to_string(status) + R"(,"message":)";
  append_string(out, message);
  out.append(R"(,"status":")").append(google_status(status)).append(R"("}})");
  return out;
}

std::string ollama_error(std::string_view message) {
  std::string out = R"({"error":)";
  append_string(out, message);
  return out += '}';
}

/// The error event of the responses API is flat and has a type; its official clients raise only for a top-level
/// "error", which the chat API has, so both stand here. How many events came before is not known here: 0.
std::string responses_error(ErrorCode code, std::string_view message) {
  std::string out = R"({"type":"error","code":")";
  out.append(name(code)).append(R"(","message":)");
  append_string(out, message);
  out += R"(,"param":null,"sequence_number":0,"error":)";
  append_openai_object(out, code, message);
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

}  // namespace

std::string error_body(Api dialect, ErrorCode code, std::string_view message, std::string_view request_id) {
  switch (dialect) {
    case Api::openai: return openai_error(code, message);
    case Api::anthropic: return anthropic_error(code, message, request_id);
    case Api::gemini: return gemini_error(code, message);
    case Api::ollama: return ollama_error(message);
  }
  return openai_error(code, message);
}

std::string error_event(Api dialect, http::StreamApi stream, ErrorCode code, std::string_view message,
                        std::string_view request_id) {
  if (stream == http::StreamApi::unknown) stream = usual_stream(dialect);
  switch (stream) {
    case http::StreamApi::openai_responses: return "event: error\ndata: " + responses_error(code, message) + "\n\n";
    case http::StreamApi::anthropic_messages:
      return "event: error\ndata: " + anthropic_error(code, message, request_id) + "\n\n";
    case http::StreamApi::gemini_generate: return "data: " + gemini_error(code, message) + "\r\n\r\n";
    case http::StreamApi::ollama_lines: return ollama_error(message) + "\n";
    case http::StreamApi::openai_done:
    case http::StreamApi::unknown: break;
  }
  return "data: " + openai_error(code, message) + "\n\n";
}

}  // namespace inferway::dialect
