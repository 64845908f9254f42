// The key that a request bears: found as a plain reader finds it, and no credential goes upstream.

#include "inferway/policy/presented_key.hpp"

#include "beast.hpp"
#include "fuzz.hpp"
#include "inferway/http/websocket.hpp"
#include "inferway/policy/key_ring.hpp"
#include "inferway/proxy/upstream_head.hpp"

#include <optional>

namespace inferway::fuzz {

namespace {

using http::RequestHead;

std::vector<std::string> values(RequestHead const& head, std::string_view name) {
  std::vector<std::string> out;
  for (auto const& field : head.fields) {
    if (iequals(field.name, name) && !field.value.empty()) out.emplace_back(field.value);
  }
  return out;
}

/// What docs/keys.md says, place by place. "": none; "refused".
std::string key_plainly(RequestHead const& head) {
  for (auto const& value : values(head, "authorization")) {
    if (value.size() > 7 && iequals(value.substr(0, 6), "bearer") && (value[6] == ' ' || value[6] == '\t')) {
      return std::string(trim(value.substr(7)));
    }
  }
  for (auto const* const name : {"x-api-key", "x-goog-api-key"}) {
    auto const keys = values(head, name);
    if (keys.size() > 1) return "refused";
    if (!keys.empty()) return keys.front();
  }
  if (!http::asks_for_websocket(head)) return "";
  std::string key;
  for (auto const& list : values(head, "sec-websocket-protocol")) {
    for (auto const part : split(list, ",")) {
      auto const item = trim(part);
      if (!item.starts_with(http::kKeySubprotocol) || item.size() == http::kKeySubprotocol.size()) continue;
      if (!key.empty()) return "refused";
      key = item.substr(http::kKeySubprotocol.size());
    }
  }
  return key;
}

/// The head that goes upstream, to a backend with a key of its own and one to which credentials pass.
void check_upstream(RequestHead const& head) {
  proxy::BackendPlan const plan{
      .fields = Secret("Authorization: Bearer own\r\n"), .replaced = {"authorization"}, .passes = {}};
  config::Endpoint endpoint;
  endpoint.authority = "backend";
  net::BlockPool blocks;
  net::Buffer out(blocks);
  proxy::write_upstream_head(out, {.client = head,
                                   .endpoint = endpoint,
                                   .backend = plan,
                                   .path = "/p",
                                   .query = {},
                                   .peer = "127.0.0.1",
                                   .request_id = "id",
                                   .framing = {}});
  beast::http::request_parser<beast::http::empty_body> parser;
  beast::error_code error;
  auto const text = std::string(out.view());
  must(put(parser, text, error) == text.size() && !error && parser.is_header_done(), "Beast reads what goes upstream");
  auto const fields = their_fields(parser.get());
  for (auto const* const name : {"x-api-key", "api-key", "x-goog-api-key", "proxy-authorization", "cookie"}) {
    must(!fields.contains(name), "no credential goes upstream");
  }
  must(fields.count("authorization") == 1 && fields.find("authorization")->second == "Bearer own",
       "the backend's own key goes upstream, alone");
  must(fields.count("host") == 1, "one Host goes upstream");
  for (auto [at, end] = fields.equal_range("sec-websocket-protocol"); at != end; ++at) {
    for (auto const item : split(at->second, ", ")) {
      must(!lower(item).starts_with(http::kKeySubprotocol), "no subprotocol that bears a key goes upstream");
    }
  }
  RequestHead again;
  must(again.parse(text, {.fields = 1000}).has_value(), "we read what goes upstream");  // it has fields of our own, too
}

}  // namespace

void one_input(std::string_view input) {
  auto const bytes = copy("GET / HTTP/1.1\r\nHost: h\r\n" + std::string(input) + "\r\n\r\n");
  auto const end = http::find_head_end(view(bytes), 0);
  if (!end || end->size != bytes.size()) return;
  RequestHead head;
  if (!head.parse(view(bytes), {})) return;
  auto const found = policy::presented_key(head);
  auto const plain = key_plainly(head);
  must(plain == (found ? std::string(found->value_or("")) : "refused"), "the key is where a plain reader finds it");
  if (found && *found) {
    auto const key = **found;
    must(!key.empty() && trim(key) == key, "a key has no blanks around it");
    policy::Sha256 sha256;
    static policy::KeyRing const kRing({config::StaticKey{.name = "k", .position = {}, .models = {"*"}}});
    must(!kRing.find(key, sha256), "nothing hashes to zeros");
  }
  check_upstream(head);
}

}  // namespace inferway::fuzz
