// A whole connection: the client's bytes, through session and proxy, to a backend and back. What the backend saw are
// whole requests, one for each that was logged, the same to two readers that share nothing with ours; what the client
// saw is one answer each. The input: what the client sends; if there is more, what the backend answers to each request.

#include "served.hpp"
#include "strict_http.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace inferway::fuzz {

namespace {

constexpr std::string_view kConfig = R"(
backends:
  b: {endpoints: ["unix:SOCKET"], outlier: {consecutive_failures: 1000000}, cooldown: {on: []}}
keys:
  static: [{name: k, sha256: 0f2c10bf3d128c719c6bfa4ecbae94b7fceebaea6e4438fef38a90e5acc326f3}]
routes:
  - {match: {path: /v1/*, model: renamed}, to: [{backend: b, model: another}]}
  - {match: {path: /v1/*, model: "*"}, to: [{backend: b}]}
  - {match: {path: /key/*}, auth: true, to: [{backend: b}]}
  - {match: {path: /raw/*}, to: [{backend: b}]}
)";

struct World {
  SocketPlace place;
  net::Resolver resolver{[] {}};
  config::Config config = [this] {
    std::string text(kConfig);
    text.replace(text.find("SOCKET"), 6, place.path());
    auto loaded = config::load_text(text, "fuzz.yaml");
    for (auto const& error : loaded.errors) must(false, config::to_string("fuzz.yaml", error).c_str());
    return *loaded.config;
  }();
};

/// What a connection of the backend bore, to both readers. A WebSocket's bytes are none of theirs.
std::vector<PlainRequest> requests(std::string_view seen) {
  std::vector<PlainRequest> out;
  while (!seen.empty()) {
    auto const strict = StrictReader(seen).read();
    must(strict.has_value(), "a head goes upstream whole");
    beast::http::request_parser<beast::http::string_body> parser;
    parser.eager(true);
    beast::error_code error;
    auto const size = put(parser, seen, error);
    must(!error || error == beast::http::error::need_more, "Beast reads what the backend saw");
    must(parser.is_header_done() && parser.is_done() == strict->whole, "both readers find the request's end, or none");
    must(!strict->whole || size == strict->size, "and at the same place");
    auto const& message = parser.get();
    must(std::string_view(message.method_string()) == strict->method, "both read the same method");
    must(std::string_view(message.target()) == strict->target, "both read the same target");
    must(their_fields(message) == strict->fields, "both read the same fields");
    must(message.body() == strict->body, "both read the same body");
    out.push_back(*strict);
    if (!strict->whole || strict->fields.contains("upgrade")) break;
    seen.remove_prefix(strict->size);
  }
  return out;
}

std::string field(PlainRequest const& request, std::string const& name) {
  auto const found = request.fields.find(name);
  return found == request.fields.end() ? "" : found->second;
}

/// The request that went upstream is the one that was logged.
void compare(PlainRequest const& request, telemetry::Record const& record) {
  auto const method = record.method.view();  // cut, where it is long
  must(request.method.substr(0, method.size()) == method, "the method upstream is the logged one");
  auto const path = request.target.substr(0, request.target.find('?'));
  auto logged = std::string(record.path.view());
  static constexpr std::string_view kInPath = "/models/renamed";
  if (auto const at = logged.find(kInPath); at != std::string::npos && record.model.view() == "renamed") {
    logged.replace(at, kInPath.size(), "/models/another");
  }
  must(path.substr(0, logged.size()) == logged, "the path upstream is the logged one");
  must(field(request, "x-request-id") == record.request_id.view(), "the id upstream is the logged one");
  must(request.fields.count("x-request-id") == 1 && request.fields.count("via") == 1, "each own field stands once");
  for (auto const* const name : {"authorization", "x-api-key", "x-goog-api-key", "cookie", "proxy-authorization"}) {
    must(!request.fields.contains(name), "no credential goes upstream");
  }
  bool const upgrade = request.fields.contains("upgrade");
  must(upgrade == request.fields.contains("connection"), "no hop-by-hop field goes upstream, but a handshake's");
  if (!request.whole || upgrade) return;
  if (record.model.view() != "renamed") {
    must(request.body.size() == record.bytes_in, "the body upstream is the client's");
  }
  auto const body = nlohmann::json::parse(request.body, nullptr, false);
  if (!path.starts_with("/v1/") || !body.is_object() || !body.contains("model") || !body["model"].is_string()) return;
  auto const want = record.model.view() == "renamed" ? "another" : record.model.view();
  auto const model = body["model"].get<std::string>();
  must(model.substr(0, want.size()) == want, "the model upstream is the logged one, or its new name");
}

/// Beast reads the client's bytes: the requests of ours are the first of its, with the same bodies.
void compare_with_client(std::string_view sent, std::vector<PlainRequest> const& upstream,
                         std::deque<telemetry::Record> const& records) {
  std::size_t next = 0;
  for (auto const& record : records) {
    if (record.method.view().empty()) return;  // what was no request, at the end
    while (sent.starts_with("\r\n")) sent.remove_prefix(2);
    beast::http::request_parser<beast::http::string_body> parser;
    parser.eager(true);
    beast::error_code error;
    auto const size = put(parser, sent, error);
    if (error && error != beast::http::error::need_more) return;  // trailers that frame anew: we throw them away
    must(parser.is_header_done() || record.attempts == 0, "Beast reads the request that went upstream");
    if (!parser.is_header_done()) return;
    must(std::string_view(parser.get().method_string()).substr(0, record.method.view().size()) == record.method.view(),
         "with the same method");
    if (record.attempts > 0) {
      auto const& went = upstream[next++];
      bool const comparable = went.whole && parser.is_done() && record.model.view() != "renamed";
      must(!comparable || went.body == parser.get().body(), "and the same body");
    }
    if (!parser.is_done()) return;
    sent.remove_prefix(size);
  }
}

/// What the client saw: an answer for each record, of its status, as long as none was cut.
void compare_answers(std::string_view answers, std::deque<telemetry::Record> const& records) {
  for (auto const& record : records) {
    if (record.truncated || record.status == 499) return;
    int status = 100;
    while (status < 200) {
      beast::http::response_parser<beast::http::string_body> parser;
      parser.eager(true);
      parser.skip(record.method.view() == "HEAD");
      beast::error_code error;
      auto const size = put(parser, answers, error);
      bool const until_close = !error && parser.is_header_done() && !parser.is_done() && parser.need_eof();
      if (until_close) parser.put_eof(error);
      must(!error && parser.is_done(), "Beast reads the answer");
      status = static_cast<int>(parser.get().result_int());
      answers.remove_prefix(size);
      if (status == 101) break;
    }
    must(status == record.status, "the client saw the logged status");
    if (status == 101) return;
  }
  must(answers.empty(), "there are no more answers than requests");
}

}  // namespace

void one_input(std::string_view input) {
  static World world;
  auto const texts = split(input, kNext);
  auto const client = arrivals(texts.front());
  std::size_t const way = client.ways.size() > 1 && texts.front().contains(kCut) ? 1 : 0;  // where the marks are
  auto const answer = texts.size() > 1 ? std::optional(arrivals(texts[1]).ways[0]) : std::nullopt;
  Served const served(world.config, world.resolver, world.place.path(), client.ways[way], answer);

  std::vector<PlainRequest> upstream;
  for (auto const& seen : served.seen()) {
    for (auto& request : requests(seen)) upstream.push_back(std::move(request));
  }
  std::size_t next = 0;
  for (auto const& record : served.records()) {
    must(record.attempts <= 1, "nothing is tried twice");
    if (record.attempts == 0) continue;
    must(next < upstream.size(), "what was tried has reached the backend");
    compare(upstream[next++], record);
  }
  must(next == upstream.size(), "the backend saw no more than was logged");
  compare_with_client(client.whole, upstream, served.records());
  compare_answers(served.answers(), served.records());
}

}  // namespace inferway::fuzz
