#include "inferway/proxy/upstream_head.hpp"

#include "inferway/base/text.hpp"
#include "inferway/http/websocket.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace inferway::proxy {

namespace {

using http::FieldId;

void append_field(net::Buffer& out, std::string_view name, std::string_view value) {
  out.append(name);
  out.append(": ");
  out.append(value);
  out.append("\r\n");
}

/// Fields the gateway writes itself.
bool is_own(FieldId id) {
  switch (id) {
    case FieldId::host:
    case FieldId::content_length:
    case FieldId::transfer_encoding:
    case FieldId::expect:
    case FieldId::sec_websocket_protocol:
    case FieldId::via:
    case FieldId::x_forwarded_for:
    case FieldId::x_forwarded_host:
    case FieldId::x_forwarded_proto:
    case FieldId::x_request_id: return true;
    default: return false;
  }
}

bool has(auto const& list, FieldId id) { return std::ranges::find(list, id) != list.end(); }

bool passes(std::size_t place, UpstreamHead const& head) {
  auto const& field = head.client.fields[place];
  auto const& backend = head.backend;
  if (std::ranges::find(head.withheld, place) != head.withheld.end()) return false;
  bool const let_through = is_guarded(field.id) && has(backend.passes, field.id);
  if (field.hop_by_hop && !let_through) return false;
  if (is_own(field.id) || (is_guarded(field.id) && !let_through)) return false;
  return std::ranges::none_of(backend.replaced, [&](std::string const& name) { return iequals(name, field.name); });
}

/// What the client, or a proxy before us, said in all fields of that name, then our own word.
void append_list(net::Buffer& out, std::string_view name, http::RequestHead const& client, FieldId id,
                 std::string_view own) {
  out.append(name);
  out.append(": ");
  for (auto const& field : client.fields) {
    if (field.id != id || field.value.empty()) continue;
    out.append(field.value);
    out.append(", ");
  }
  out.append(own);
  out.append("\r\n");
}

/// A peer on a Unix socket has no address, and none is made up. Yet each proxy adds one entry, so that who counts them
/// from the right never takes the client's own claim for the peer: RFC 7239 section 6.2 has a word for it.
std::string_view forwarded_for(std::string_view peer) { return peer == "unix" ? "unknown" : peer; }

void append_framing(net::Buffer& out, UpstreamHead const& head) {
  if (head.framing.chunked) {
    append_field(out, "Transfer-Encoding", "chunked");
    return;
  }
  auto const& method = head.client.method;
  bool const expects_body = method == "POST" || method == "PUT" || method == "PATCH";
  if (!head.framing.length && !expects_body) return;
  std::array<char, 24> digits;  // to_chars fills it
  auto const [end, error] =
      std::to_chars(digits.data(), digits.data() + digits.size(), head.framing.length.value_or(0));
  append_field(out, "Content-Length", {digits.data(), static_cast<std::size_t>(end - digits.data())});
}

}  // namespace

bool is_guarded(FieldId id) {
  switch (id) {
    case FieldId::authorization:
    case FieldId::proxy_authorization:
    case FieldId::x_api_key:
    case FieldId::api_key:
    case FieldId::x_goog_api_key:
    case FieldId::cookie: return true;
    default: return false;
  }
}

void write_upstream_head(net::Buffer& out, UpstreamHead const& head) {
  out.append(head.client.method);
  out.append(" ");
  out.append(head.endpoint.path);
  out.append(head.path);
  if (head.has_query) {
    out.append("?");
    out.append(head.query);
  }
  out.append(" HTTP/1.1\r\n");
  append_field(out, "Host", head.endpoint.authority);
  for (std::size_t i = 0; i < head.client.fields.size(); ++i) {
    auto const& field = head.client.fields[i];
    if (passes(i, head)) append_field(out, field.name, field.value);
  }
  append_list(out, "X-Forwarded-For", head.client, FieldId::x_forwarded_for, forwarded_for(head.peer));
  append_field(out, "X-Forwarded-Proto", head.secure ? "https" : "http");
  if (!head.client.host.empty()) append_field(out, "X-Forwarded-Host", head.client.host);
  append_list(out, "Via", head.client, FieldId::via, "1.1 inferway");
  append_field(out, "X-Request-Id", head.request_id);
  out.append(head.backend.fields);
  // Also without a handshake: a caller's key may stand in it.
  if (auto const offered = http::offered_subprotocols(head.client); !offered.empty()) {
    append_field(out, "Sec-WebSocket-Protocol", offered);
  }
  if (http::asks_for_websocket(head.client)) {
    append_field(out, "Connection", "Upgrade");
    append_field(out, "Upgrade", "websocket");
  }
  append_framing(out, head);
  out.append("\r\n");
}

}  // namespace inferway::proxy
