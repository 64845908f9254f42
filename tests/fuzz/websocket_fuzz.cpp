// A WebSocket's handshake. The input: a request's field lines, an answer's head.

#include "inferway/http/websocket.hpp"

#include "fuzz.hpp"
#include "inferway/base/text.hpp"
#include "inferway/http/head.hpp"

#include <algorithm>

namespace inferway::fuzz {

namespace {

using http::FieldId;

/// All items of a list, over all its lines.
std::vector<std::string> items(http::Fields const& fields, std::string_view name) {
  std::vector<std::string> out;
  for (auto const& field : fields) {
    if (!iequals(field.name, name)) continue;
    for (auto const part : split(field.value, ",")) {
      if (!trim(part).empty()) out.emplace_back(trim(part));
    }
  }
  return out;
}

bool has(std::vector<std::string> const& list, std::string_view one) {
  return std::ranges::any_of(list, [&](auto const& item) { return iequals(item, one); });
}

/// RFC 6455 section 4.2.1.
void check_accepted(http::RequestHead const& head) {
  must(head.method == "GET" && head.minor_version == 1, "a handshake is a GET of HTTP/1.1");
  must(has(items(head.fields, "connection"), "upgrade"), "it says Connection: upgrade");
  must(has(items(head.fields, "upgrade"), "websocket"), "it says Upgrade: websocket");
  must(items(head.fields, "sec-websocket-version") == std::vector<std::string>{"13"}, "of version 13");
  auto const keys = items(head.fields, "sec-websocket-key");
  must(keys.size() == 1 && keys.front().size() == 24 && keys.front().ends_with("=="), "with one key of 16 bytes");
  for (auto const& item : items(head.fields, "sec-websocket-protocol"))
    must(http::is_token(item), "protocols are tokens");
  auto const offered = http::offered_subprotocols(head);
  for (auto const item : split(offered, ", ")) {
    must(!lower(item).starts_with(http::kKeySubprotocol), "no key is offered on");
  }
}

/// RFC 6455 section 4.1, on the server's response.
void check_accepted_answer(http::ResponseHead const& head, http::RequestHead const& request) {
  must(has(items(head.fields, "connection"), "upgrade"), "the answer says Connection: upgrade");
  auto const protocols = items(head.fields, "upgrade");
  must(!protocols.empty() && std::ranges::all_of(protocols, [](auto const& p) { return iequals(p, "websocket"); }),
       "it switches to websocket");
  auto const accept = http::websocket_accept(request.find(FieldId::sec_websocket_key)->value);
  must(items(head.fields, "sec-websocket-accept") == std::vector<std::string>{accept}, "it answers the key");
  auto const offered = items(request.fields, "sec-websocket-protocol");
  for (auto const& chosen : items(head.fields, "sec-websocket-protocol")) {
    must(std::ranges::find(offered, chosen) != offered.end(), "the protocol was offered");
    must(!lower(chosen).starts_with(http::kKeySubprotocol), "the protocol bears no key");
  }
}

}  // namespace

void one_input(std::string_view input) {
  auto const texts = split(input, kNext);
  auto const request = copy("GET /v1/realtime HTTP/1.1\r\nHost: h\r\n" + std::string(texts.front()) + "\r\n\r\n");
  auto const end = http::find_head_end(view(request), 0);
  http::RequestHead head;
  if (!end || end->size != request.size() || !head.parse(view(request), {})) return;
  if (!http::asks_for_websocket(head) || !http::check_websocket_request(head)) return;
  check_accepted(head);
  if (texts.size() < 2) return;
  auto const answer = copy(texts[1]);
  auto const answer_end = http::find_head_end(view(answer), 0);
  if (!answer_end || answer_end->size == 0) return;
  http::ResponseHead answered;
  if (!answered.parse(view(answer).substr(0, answer_end->size), {}, false)) return;
  if (http::check_websocket_answer(answered, head)) check_accepted_answer(answered, head);
}

}  // namespace inferway::fuzz
