// What request and response heads share: where they end, and which fields are known.

#include "inferway/http/head.hpp"

#include "characters.hpp"
#include "field_section.hpp"
#include "inferway/base/text.hpp"

#include <algorithm>

namespace inferway::http {

Result<HeadEnd> find_head_end(std::string_view bytes, std::size_t scanned) {
  std::size_t at = std::min(scanned, bytes.size());
  while (true) {
    auto const line = bytes.substr(at);
    auto const end = field_text_length(line);
    auto const rest = line.substr(end);
    at += end;
    if (rest.empty()) return HeadEnd{0, at};
    if (rest == "\r") return HeadEnd{0, at};  // it may yet get its LF; the next search looks at it again
    if (rest.front() == '\n') return client_error(ErrorCode::bad_request, "a line of the head ends in a bare LF");
    if (rest.front() != '\r') return client_error(ErrorCode::bad_request, "the head holds a control character");
    if (rest[1] != '\n') return client_error(ErrorCode::bad_request, "a CR in the head has no LF behind it");
    at += 2;
    if (at == 2 || (at >= 4 && bytes[at - 3] == '\n')) return HeadEnd{at, at};
  }
}

std::size_t leading_blank_lines(std::string_view bytes) {
  if (!bytes.starts_with("\r\n")) return 0;
  return bytes.substr(2).starts_with("\r\n") ? 4 : 2;
}

namespace {

/// `lower_case` is the name as it stands in this file. Both have the same length.
bool same(std::string_view name, std::string_view lower_case) {
  return std::ranges::equal(name, lower_case, {}, to_lower);
}

struct KnownField {
  std::string_view name;
  FieldId id;
};

FieldId among(std::string_view name, std::initializer_list<KnownField> known) {
  for (auto const& field : known) {
    if (same(name, field.name)) return field.id;
  }
  return FieldId::other;
}

}  // namespace

FieldId field_id(std::string_view name) {
  switch (name.size()) {
    case 2: return among(name, {{"te", FieldId::te}});
    case 3: return among(name, {{"via", FieldId::via}});
    case 4: return among(name, {{"host", FieldId::host}});
    case 6: return among(name, {{"cookie", FieldId::cookie}, {"expect", FieldId::expect}});
    case 7:
      return among(name, {{"api-key", FieldId::api_key}, {"trailer", FieldId::trailer}, {"upgrade", FieldId::upgrade}});
    case 9: return among(name, {{"x-api-key", FieldId::x_api_key}});
    case 10: return among(name, {{"connection", FieldId::connection}, {"keep-alive", FieldId::keep_alive}});
    case 11: return among(name, {{"retry-after", FieldId::retry_after}});
    case 12: return among(name, {{"content-type", FieldId::content_type}, {"x-request-id", FieldId::x_request_id}});
    case 13: return among(name, {{"authorization", FieldId::authorization}});
    case 14:
      return among(name, {{"content-length", FieldId::content_length}, {"x-goog-api-key", FieldId::x_goog_api_key}});
    case 15:
      return among(name,
                   {{"accept-encoding", FieldId::accept_encoding}, {"x-forwarded-for", FieldId::x_forwarded_for}});
    case 16:
      return among(name, {{"content-encoding", FieldId::content_encoding},
                          {"x-forwarded-host", FieldId::x_forwarded_host},
                          {"proxy-connection", FieldId::proxy_connection}});
    case 17:
      return among(name, {{"transfer-encoding", FieldId::transfer_encoding},
                          {"sec-websocket-key", FieldId::sec_websocket_key},
                          {"x-forwarded-proto", FieldId::x_forwarded_proto},
                          {"x-accel-buffering", FieldId::x_accel_buffering}});
    case 18: return among(name, {{"proxy-authenticate", FieldId::proxy_authenticate}});
    case 19: return among(name, {{"proxy-authorization", FieldId::proxy_authorization}});
    case 20: return among(name, {{"sec-websocket-accept", FieldId::sec_websocket_accept}});
    case 21: return among(name, {{"sec-websocket-version", FieldId::sec_websocket_version}});
    case 22: return among(name, {{"sec-websocket-protocol", FieldId::sec_websocket_protocol}});
    case 24: return among(name, {{"sec-websocket-extensions", FieldId::sec_websocket_extensions}});
    default: return FieldId::other;
  }
}

Field const* find_field(std::vector<Field> const& fields, FieldId id) {
  auto const found = std::ranges::find(fields, id, &Field::id);
  return found == fields.end() ? nullptr : &*found;
}

Field const* find_field(std::vector<Field> const& fields, std::string_view name) {
  auto const found = std::ranges::find_if(fields, [&](Field const& field) { return iequals(field.name, name); });
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace inferway::http
