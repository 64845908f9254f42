#include "inferway/base/error.hpp"

#include "inferway/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace inferway {

std::string_view name(ErrorCode code) {
  switch (code) {
    case ErrorCode::bad_request: return "bad_request";
    case ErrorCode::invalid_json: return "invalid_json";
    case ErrorCode::ambiguous_model: return "ambiguous_model";
    case ErrorCode::invalid_model: return "invalid_model";
    case ErrorCode::missing_api_key: return "missing_api_key";
    case ErrorCode::invalid_api_key: return "invalid_api_key";
    case ErrorCode::model_not_allowed: return "model_not_allowed";
    case ErrorCode::address_not_allowed: return "address_not_allowed";
    case ErrorCode::route_not_found: return "route_not_found";
    case ErrorCode::model_not_found: return "model_not_found";
    case ErrorCode::method_not_allowed: return "method_not_allowed";
    case ErrorCode::request_timeout: return "request_timeout";
    case ErrorCode::body_too_large: return "body_too_large";
    case ErrorCode::header_too_large: return "header_too_large";
    case ErrorCode::unsupported_encoding: return "unsupported_encoding";
    case ErrorCode::expectation_failed: return "expectation_failed";
    case ErrorCode::unsupported_version: return "unsupported_version";
    case ErrorCode::upgrade_required: return "upgrade_required";
    case ErrorCode::too_many_connections: return "too_many_connections";
    case ErrorCode::rate_limit_exceeded: return "rate_limit_exceeded";
    case ErrorCode::token_limit_exceeded: return "token_limit_exceeded";
    case ErrorCode::budget_exceeded: return "budget_exceeded";
    case ErrorCode::client_gone: return "client_gone";
    case ErrorCode::client_stalled: return "client_stalled";
    case ErrorCode::connect_failed: return "connect_failed";
    case ErrorCode::upstream_closed: return "upstream_closed";
    case ErrorCode::bad_response: return "bad_response";
    case ErrorCode::no_healthy_endpoint: return "no_healthy_endpoint";
    case ErrorCode::queue_full: return "queue_full";
    case ErrorCode::queue_timeout: return "queue_timeout";
    case ErrorCode::overloaded: return "overloaded";
    case ErrorCode::draining: return "draining";
    case ErrorCode::connect_timeout: return "connect_timeout";
    case ErrorCode::first_byte_timeout: return "first_byte_timeout";
    case ErrorCode::idle_timeout: return "idle_timeout";
    case ErrorCode::total_timeout: return "total_timeout";
    case ErrorCode::internal: return "internal";
  }
  return "internal";
}

namespace detail {
void assertion_failed(char const* expression, char const* file, int line) {
  std::fprintf(stderr, "inferway: broken assumption: %s (%s:%d)\n", expression, file, line);
  std::abort();
}
}  // namespace detail

}  // namespace inferway
