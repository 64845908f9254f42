#include "inferway/proxy/upstream_head.hpp"

#include "inferway/base/text.hpp"
#include "inferway/http/field_lines.hpp"
#include "inferway/http/field_set.hpp"
#include "inferway/http/websocket.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace inferway::proxy {

namespace {

using http::FieldId;
using http::FieldSet;

/// Fields the gateway writes itself.
constexpr FieldSet kOwn{FieldId::host,
                        FieldId::content_length,
                        FieldId::transfer_encoding,
                        FieldId::expect,
                        FieldId::sec_websocket_protocol,
                        FieldId::via,
                        FieldId::x_forwarded_for,
                        FieldId::x_forwarded_host,
                        FieldId::x_forwarded_proto,
                        FieldId::x_request_id};

constexpr FieldSet kGuarded{FieldId::authorization, FieldId::proxy_authorization, FieldId::x_api_key,
                            FieldId::api_key,       FieldId::x_goog_api_key,      FieldId::cookie};

bool has(auto const& list, auto const& one) { return std::ranges::find(list, one) != list.end(); }

/// For fields that are not kOwn.
bool passes(http::Field const& field, UpstreamHead const& head) {
  auto const& backend = head.backend;
  bool const guarded = kGuarded.contains(field.id);
  if ((field.hop_by_hop || guarded) && !(guarded && has(backend.passes, field.id))) return false;
  if (!head.withheld.empty()) {
    auto const place = static_cast<std::size_t>(&field - head.client.fields.data());
    if (has(head.withheld, place)) return false;
  }
  return std::ranges::none_of(backend.replaced, [&](std::string const& name) {
    return name.size() == field.name.size() && iequals(name, field.name);
  });
}

/// What the client, or a proxy before us, said in all fields of that name; our own word is to follow.
void append_list(net::Buffer& out, http::RequestHead const& client, FieldId id) {
  for (auto const& field : client.fields) {
    if (field.id != id || field.value.empty()) continue;
    out.append(field.value, ", ");
  }
}

/// A peer on a Unix socket has no address, and none is made up. Yet each proxy adds one entry, so that who counts them
/// from the right never takes the client's own claim for the peer: RFC 7239 section 6.2 has a word for it.
std::string_view forwarded_for(std::string_view peer) { return peer == "unix" ? "unknown" : peer; }

void append_subprotocols(net::Buffer& out, http::RequestHead const& client) {
  auto const offered = http::offered_subprotocols(client);
  if (!offered.empty()) out.append("Sec-WebSocket-Protocol: ", offered, "\r\n");
}

void append_framing(net::Buffer& out, UpstreamHead const& head) {
  if (head.framing.chunked) {
    out.append("Transfer-Encoding: chunked\r\n");
    return;
  }
  auto const& method = head.client.method;
  bool const expects_body = method == "POST" || method == "PUT" || method == "PATCH";
  if (!head.framing.length && !expects_body) return;
  std::array<char, 24> digits;  // to_chars fills it
  auto const [end, error] =
      std::to_chars(digits.data(), digits.data() + digits.size(), head.framing.length.value_or(0));
  std::string_view const length(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out.append("Content-Length: ", length, "\r\n");
}

}  // namespace

bool is_guarded(FieldId id) { return kGuarded.contains(id); }

void write_upstream_head(net::Buffer& out, UpstreamHead const& head) {
  auto const& client = head.client;
  FieldSet present;  // of kOwn

  out.append(client.method, " ", head.endpoint.path, head.path, head.has_query ? "?" : "", head.query,
             " HTTP/1.1\r\nHost: ", head.endpoint.authority, "\r\n");
  http::append_lines(out, client.fields, [&](http::Field const& field) {
    if (!kOwn.contains(field.id)) return passes(field, head);
    present.add(field.id);
    return false;
  });
  out.append("X-Forwarded-For: ");
  if (present.contains(FieldId::x_forwarded_for)) append_list(out, client, FieldId::x_forwarded_for);
  out.append(forwarded_for(head.peer),
             head.secure ? "\r\nX-Forwarded-Proto: https\r\n" : "\r\nX-Forwarded-Proto: http\r\n");
  if (!client.host.empty()) out.append("X-Forwarded-Host: ", client.host, "\r\n");
  out.append("Via: ");
  if (present.contains(FieldId::via)) append_list(out, client, FieldId::via);
  out.append("1.1 inferway\r\nX-Request-Id: ", head.request_id, "\r\n", head.backend.fields.reveal());
  // Also without a handshake: a caller's key may stand in it.
  if (present.contains(FieldId::sec_websocket_protocol)) append_subprotocols(out, client);
  if (http::asks_for_websocket(client)) out.append("Connection: Upgrade\r\nUpgrade: websocket\r\n");
  append_framing(out, head);
  out.append("\r\n");
}

}  // namespace inferway::proxy
