#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace inferway {

/// What went wrong, as clients, logs and metrics name it (see name()). `http/answer.hpp` maps each to a status.
enum class ErrorCode : std::uint8_t {
  bad_request,
  invalid_json,
  ambiguous_model,
  invalid_model,
  missing_api_key,
  invalid_api_key,
  model_not_allowed,
  address_not_allowed,
  route_not_found,
  model_not_found,
  method_not_allowed,
  request_timeout,
  body_too_large,
  header_too_large,
  unsupported_encoding,
  expectation_failed,
  unsupported_version,
  upgrade_required,
  too_many_connections,
  rate_limit_exceeded,
  token_limit_exceeded,
  budget_exceeded,
  client_gone,
  client_stalled,
  connect_failed,
  upstream_closed,
  bad_response,
  no_healthy_endpoint,
  queue_full,
  queue_timeout,
  overloaded,
  draining,
  connect_timeout,
  first_byte_timeout,
  idle_timeout,
  total_timeout,
  internal,
};
inline constexpr std::size_t kErrorCodeCount = static_cast<std::size_t>(ErrorCode::internal) + 1;

/// The code as it stands in answers, logs and metrics: "connect_failed".
[[nodiscard]] std::string_view name(ErrorCode code);

/// Whose fault it is. Decides 4xx or 5xx, and which metric moves.
enum class Side : std::uint8_t { client, upstream, gateway };

/// Whether another attempt may help. `if_reused`: only when the failed connection came from
/// the pool, because then the backend may have closed it before it saw the request.
enum class Retry : std::uint8_t { never, if_reused, yes };

/// One failure on its way up. `detail` says what an operator or caller can act on; where `side` is client it may be
/// shown to the client, else it is for the log alone. Never a key, a prompt or an upstream address in it.
struct Error {
  ErrorCode code = ErrorCode::internal;
  Side side = Side::gateway;
  Retry retry = Retry::never;
  std::string detail;
};

template <typename T>
using Result = std::expected<T, Error>;

/// An error to return from a function that returns a Result.
[[nodiscard]] inline std::unexpected<Error> client_error(ErrorCode code, std::string detail) {
  return std::unexpected(Error{code, Side::client, Retry::never, std::move(detail)});
}
[[nodiscard]] inline std::unexpected<Error> upstream_error(ErrorCode code, std::string detail,
                                                           Retry retry = Retry::yes) {
  return std::unexpected(Error{code, Side::upstream, retry, std::move(detail)});
}
[[nodiscard]] inline std::unexpected<Error> gateway_error(ErrorCode code, std::string detail) {
  return std::unexpected(Error{code, Side::gateway, Retry::never, std::move(detail)});
}

}  // namespace inferway
