#include "inferway/http/websocket.hpp"

#include "inferway/base/text.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>

namespace inferway::http {

namespace {

auto refuse(char const* why) { return client_error(ErrorCode::bad_request, why); }
auto refuse_answer(char const* why) { return upstream_error(ErrorCode::bad_response, why); }

constexpr std::string_view kWebSocket = "websocket";
constexpr std::string_view kVersion = "13";

/// Calls `visit` with each element of a list, over all lines of that field, until it returns false. RFC 9110 section
/// 5.6.1.2: empty elements are ignored.
template <typename Visit>
bool all_elements(Fields const& fields, FieldId id, Visit visit) {
  for (auto const& field : fields) {
    if (field.id != id) continue;
    auto list = field.value;
    while (!list.empty()) {
      auto const comma = list.find(',');
      auto const element = trim(list.substr(0, comma));
      list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
      if (!element.empty() && !visit(element)) return false;
    }
  }
  return true;
}

std::size_t count_of(Fields const& fields, FieldId id) {
  return static_cast<std::size_t>(std::ranges::count(fields, id, &Field::id));
}

bool bears_key(std::string_view subprotocol) {
  return iequals(subprotocol.substr(0, kKeySubprotocol.size()), kKeySubprotocol);
}

bool names_websocket(Fields const& fields) {
  return !all_elements(fields, FieldId::upgrade, [](std::string_view name) { return !iequals(name, kWebSocket); });
}

/// Base64 of 16 bytes: 22 digits, of which the last bears two bits, and the padding. RFC 4648 section 3.5 lets the bits
/// that are left over be refused when they are not 0.
bool is_key(std::string_view text) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() != 24 || !text.ends_with("==")) return false;
  auto const digits = text.substr(0, 22);
  return digits.find_first_not_of(kDigits) == std::string_view::npos &&
         std::string_view("AQgw").contains(digits.back());
}

/// The names of the extensions, less their parameters. Section 9.1.
std::vector<std::string_view> extensions_in(Fields const& fields) {
  std::vector<std::string_view> names;
  all_elements(fields, FieldId::sec_websocket_extensions, [&](std::string_view extension) {
    names.push_back(trim(extension.substr(0, extension.find(';'))));
    return true;
  });
  return names;
}

}  // namespace

bool asks_for_websocket(RequestHead const& head) { return head.upgrade && names_websocket(head.fields); }

Result<void> check_websocket_request(RequestHead const& head) {
  if (head.method != "GET") return refuse("a WebSocket handshake is a GET");
  if (head.framing == BodyFraming::chunked || head.content_length > 0) {
    return refuse("a WebSocket handshake has no body");
  }
  auto const* const version = head.find(FieldId::sec_websocket_version);
  if (version == nullptr || count_of(head.fields, FieldId::sec_websocket_version) != 1 || version->value != kVersion) {
    return client_error(ErrorCode::upgrade_required, "Sec-WebSocket-Version is not 13, which alone is spoken here");
  }
  auto const* const key = head.find(FieldId::sec_websocket_key);
  if (key == nullptr) return refuse("Sec-WebSocket-Key is missing");
  if (count_of(head.fields, FieldId::sec_websocket_key) != 1) return refuse("Sec-WebSocket-Key stands more than once");
  if (!is_key(key->value)) return refuse("Sec-WebSocket-Key is not the base64 of 16 bytes");
  if (!all_elements(head.fields, FieldId::sec_websocket_protocol, is_token)) {
    return refuse("Sec-WebSocket-Protocol is not a list of tokens");
  }
  return {};
}

std::string offered_subprotocols(RequestHead const& head) {
  std::string offered;
  all_elements(head.fields, FieldId::sec_websocket_protocol, [&](std::string_view subprotocol) {
    if (bears_key(subprotocol)) return true;
    if (!offered.empty()) offered += ", ";
    offered += subprotocol;
    return true;
  });
  return offered;
}

std::string websocket_accept(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  ::SHA1(reinterpret_cast<unsigned char const*>(text.data()), text.size(), digest.data());
  std::array<unsigned char, 4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1> encoded{};  // with the NUL that it ends in
  auto const size = ::EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest.size()));
  return {encoded.begin(), encoded.begin() + size};
}

Result<void> check_websocket_answer(ResponseHead const& head, RequestHead const& request) {
  if (head.minor_version != 1) return refuse_answer("the backend switches protocols in HTTP/1.0");
  bool const named_alone =
      all_elements(head.fields, FieldId::upgrade, [](std::string_view name) { return iequals(name, kWebSocket); });
  if (!named_alone || !names_websocket(head.fields)) return refuse_answer("the backend switches to another protocol");
  bool const says_upgrade = !all_elements(head.fields, FieldId::connection,
                                          [](std::string_view option) { return !iequals(option, "upgrade"); });
  if (!says_upgrade) return refuse_answer("the backend switches protocols without Connection: upgrade");
  auto const* const accept = head.find(FieldId::sec_websocket_accept);
  bool const accepted = accept != nullptr && count_of(head.fields, FieldId::sec_websocket_accept) == 1 &&
                        accept->value == websocket_accept(request.find(FieldId::sec_websocket_key)->value);
  if (!accepted) return refuse_answer("the backend's Sec-WebSocket-Accept does not answer the key");
  if (auto const chosen = count_of(head.fields, FieldId::sec_websocket_protocol); chosen > 0) {
    auto const subprotocol = head.find(FieldId::sec_websocket_protocol)->value;
    bool const offered =
        !bears_key(subprotocol) && !all_elements(request.fields, FieldId::sec_websocket_protocol,
                                                 [&](std::string_view other) { return other != subprotocol; });
    if (chosen > 1 || !offered) return refuse_answer("the backend chose a subprotocol that was not offered");
  }
  auto const offered = extensions_in(request.fields);
  for (auto const chosen : extensions_in(head.fields)) {
    if (std::ranges::find(offered, chosen) == offered.end()) {
      return refuse_answer("the backend chose an extension that was not offered");
    }
  }
  return {};
}

std::array<char, 8> masked_going_away(std::uint32_t mask) {
  std::array<char, 8> frame{kGoingAway[0], static_cast<char>(kGoingAway[1] | '\x80')};
  for (std::size_t i = 0; i < 4; ++i) frame[2 + i] = static_cast<char>(mask >> (8 * i));
  for (std::size_t i = 0; i < 2; ++i) frame[6 + i] = static_cast<char>(kGoingAway[2 + i] ^ frame[2 + i]);
  return frame;
}

}  // namespace inferway::http
