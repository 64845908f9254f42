#include "inferway/http/answer.hpp"

namespace inferway::http {

AnswerKind answer_kind(ErrorCode code) {
  static constexpr std::string_view kInvalid = "invalid_request_error";
  switch (code) {
    case ErrorCode::bad_request:
    case ErrorCode::invalid_json:
    case ErrorCode::ambiguous_model:
    case ErrorCode::invalid_model: return {400, kInvalid, false};
    case ErrorCode::missing_api_key:
    case ErrorCode::invalid_api_key: return {401, "authentication_error", false};
    case ErrorCode::model_not_allowed:
    case ErrorCode::address_not_allowed: return {403, "permission_error", false};
    case ErrorCode::route_not_found:
    case ErrorCode::model_not_found: return {404, kInvalid, false};
    case ErrorCode::method_not_allowed: return {405, kInvalid, false};
    case ErrorCode::request_timeout:
    case ErrorCode::client_stalled: return {408, kInvalid, false};
    case ErrorCode::body_too_large: return {413, kInvalid, false};
    case ErrorCode::unsupported_encoding: return {415, kInvalid, false};
    case ErrorCode::expectation_failed: return {417, kInvalid, false};
    case ErrorCode::upgrade_required: return {426, kInvalid, false};
    case ErrorCode::too_many_connections:
    case ErrorCode::rate_limit_exceeded:
    case ErrorCode::token_limit_exceeded:
    case ErrorCode::budget_exceeded: return {429, "rate_limit_error", true};
    case ErrorCode::header_too_large: return {431, kInvalid, false};
    case ErrorCode::client_gone: return {499, kInvalid, false};  // nobody is left to read it: for the log
    case ErrorCode::internal: return {500, "server_error", false};
    case ErrorCode::connect_failed:
    case ErrorCode::upstream_closed:
    case ErrorCode::bad_response: return {502, "upstream_error", false};
    case ErrorCode::no_healthy_endpoint:
    case ErrorCode::queue_full:
    case ErrorCode::queue_timeout:
    case ErrorCode::overloaded:
    case ErrorCode::draining: return {503, "overloaded_error", true};
    case ErrorCode::connect_timeout:
    case ErrorCode::first_byte_timeout:
    case ErrorCode::idle_timeout:
    case ErrorCode::total_timeout: return {504, "timeout_error", false};
    case ErrorCode::unsupported_version: return {505, kInvalid, false};
  }
  return {};
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 103: return "Early Hints";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 300: return "Multiple Choices";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 425: return "Too Early";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 451: return "Unavailable For Legal Reasons";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    case 511: return "Network Authentication Required";
    default: return "";
  }
}

}  // namespace inferway::http
