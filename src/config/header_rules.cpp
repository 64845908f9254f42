#include "header_rules.hpp"

#include "inferway/base/text.hpp"

#include <algorithm>

namespace inferway::config {
namespace {

constexpr std::string_view kFramingFields[] = {"connection", "content-length",     "expect",           "host",
                                               "keep-alive", "proxy-authenticate", "proxy-connection", "te",
                                               "trailer",    "transfer-encoding",  "upgrade"};
/// What a WebSocket handshake is made of: the client's own, or the answer would not fit.
constexpr std::string_view kHandshakePrefix = "sec-websocket-";

constexpr std::string_view kMethods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
/// The gateway answers these itself, with 405.
constexpr std::string_view kNeverRouted[] = {"CONNECT", "TRACE"};

bool is_token_character(char c) {
  bool const alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return alphanumeric || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

}  // namespace

bool is_token(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_token_character); }

bool is_field_value(std::string_view text) {
  if (trim(text).size() != text.size()) return false;
  return std::ranges::none_of(text, [](char c) {
    auto const byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

bool is_framing_field(std::string_view name) {
  if (iequals(name.substr(0, kHandshakePrefix.size()), kHandshakePrefix)) return true;
  return std::ranges::any_of(kFramingFields, [&](std::string_view field) { return iequals(field, name); });
}

std::optional<std::string> read_method(Value const& value) {
  auto method = value.text_or_null();
  if (!method) return std::nullopt;
  if (!is_token(*method)) {
    value.complain("is not a method");
    return std::nullopt;
  }
  for (auto const known : kMethods) {
    if (*method == known || !iequals(*method, known)) continue;
    value.complain("matches no request: methods are case-sensitive; write " + std::string(known));
    return std::nullopt;
  }
  for (auto const refused : kNeverRouted) {
    if (!iequals(*method, refused)) continue;
    value.complain("matches no request: the gateway answers " + std::string(refused) + " with 405");
    return std::nullopt;
  }
  return method;
}

}  // namespace inferway::config
