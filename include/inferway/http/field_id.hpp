#pragma once

#include <cstdint>
#include <string_view>

namespace inferway::http {

/// Fields the gateway treats specially, told apart once, while parsing. All others are `other`.
enum class FieldId : std::uint8_t {
  other,
  accept_encoding,
  api_key,
  authorization,
  connection,
  content_encoding,
  content_length,
  content_type,
  cookie,
  date,
  expect,
  host,
  keep_alive,
  proxy_authenticate,
  proxy_authorization,
  proxy_connection,
  retry_after,
  sec_websocket_accept,
  sec_websocket_extensions,
  sec_websocket_key,
  sec_websocket_protocol,
  sec_websocket_version,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  via,
  x_accel_buffering,
  x_api_key,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_proto,
  x_goog_api_key,
  x_inferway_attempts,
  x_request_id,
};

/// The id of a field name, compared without regard to case.
[[nodiscard]] FieldId field_id(std::string_view name);

}  // namespace inferway::http
