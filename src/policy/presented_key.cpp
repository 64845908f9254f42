#include "inferway/policy/presented_key.hpp"

#include "inferway/base/text.hpp"
#include "inferway/http/websocket.hpp"

#include <algorithm>

namespace inferway::policy {

namespace {

using http::FieldId;

/// Calls `visit` with each item of a comma-separated list.
template <typename Visit>
void each_item(std::string_view list, Visit visit) {
  while (!list.empty()) {
    auto const comma = list.find(',');
    if (auto const item = trim(list.substr(0, comma)); !item.empty()) visit(item);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
}

/// The key of a field that should be there once. "" when there is none.
Result<std::string_view> single_key(http::RequestHead const& head, FieldId id) {
  std::string_view key;
  for (auto const& field : head.fields) {
    if (field.id != id || field.value.empty()) continue;
    if (!key.empty()) return client_error(ErrorCode::bad_request, std::string(field.name) + " stands more than once");
    key = field.value;
  }
  return key;
}

Result<std::string_view> protocol_key(http::RequestHead const& head) {
  std::string_view key;
  bool twice = false;
  for (auto const& field : head.fields) {
    if (!iequals(field.name, "sec-websocket-protocol")) continue;
    each_item(field.value, [&](std::string_view item) {
      auto const prefix = http::kKeySubprotocol;
      if (!item.starts_with(prefix) || item.size() == prefix.size()) return;
      twice = twice || !key.empty();
      key = item.substr(prefix.size());
    });
  }
  if (twice) return client_error(ErrorCode::bad_request, "Sec-WebSocket-Protocol bears more than one key");
  return key;
}

}  // namespace

std::string_view bearer_key(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer";
  auto const blank = authorization.find_first_of(" \t");
  if (blank != kScheme.size() || !iequals(authorization.substr(0, blank), kScheme)) return {};
  return trim(authorization.substr(blank));
}

Result<std::optional<std::string_view>> presented_key(http::RequestHead const& head) {
  if (auto const* const field = head.find(FieldId::authorization); field != nullptr) {
    if (auto const key = bearer_key(field->value); !key.empty()) return key;
  }
  for (auto const id : {FieldId::x_api_key, FieldId::x_goog_api_key}) {
    auto const key = single_key(head, id);
    if (!key) return std::unexpected(key.error());
    if (!key->empty()) return *key;
  }
  if (!http::asks_for_websocket(head)) return std::nullopt;
  auto const key = protocol_key(head);
  if (!key) return std::unexpected(key.error());
  return key->empty() ? std::nullopt : std::optional(*key);
}

}  // namespace inferway::policy
