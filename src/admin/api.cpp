// The API under /api/: JSON in every answer. What is sent with a request is not looked at.

#include "inferway/admin/admin.hpp"
#include "inferway/http/target.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <optional>

namespace inferway::admin {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kBackends = "/api/backends";
constexpr std::string_view kReload = "/api/reload";
/// How long a caller waits for all workers. They take milliseconds; one that takes longer is stuck.
constexpr Duration kPatience = std::chrono::seconds(30);

std::string text_of(Json const& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";  // names may hold any bytes
}

std::string error_text(std::string_view code, std::string_view message) {
  return text_of({{"error", {{"code", code}, {"message", message}}}});
}

std::optional<Wish> wish_of(std::string_view word) {
  if (word == "enable") return Wish::enable;
  if (word == "drain") return Wish::drain;
  if (word == "disable") return Wish::disable;
  return std::nullopt;
}

/// backends/NAME/endpoints/PLACE/WORD, each part decoded by itself; a URL stands there encoded.
struct WishPath {
  std::string backend;
  std::string endpoint;
  Wish wish;
};

std::optional<WishPath> parse_wish(std::string_view path) {
  if (!path.starts_with(kBackends) || !path.substr(kBackends.size()).starts_with('/')) return std::nullopt;
  path.remove_prefix(kBackends.size() + 1);
  std::array<std::string, 4> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    bool const last = i + 1 == parts.size();
    auto const end = path.find('/');
    if (last != (end == std::string_view::npos)) return std::nullopt;
    auto part = http::percent_decode(path.substr(0, end));
    if (!part || part->empty()) return std::nullopt;
    parts[i] = std::move(*part);
    if (!last) path.remove_prefix(end + 1);
  }
  auto const wish = wish_of(parts[3]);
  if (parts[1] != "endpoints" || !wish) return std::nullopt;
  return WishPath{std::move(parts[0]), std::move(parts[2]), *wish};
}

std::string_view word_of(Wish wish) {
  switch (wish) {
    case Wish::enable: return "enabled";
    case Wish::drain: return "drained";
    case Wish::disable: break;
  }
  return "disabled";
}

}  // namespace

net::Task<> Admin::serve_api(server::Downstream& downstream) {
  auto const& head = downstream.head();
  bool const reads = head.method == "GET" || head.method == "HEAD";
  bool const is_wish = parse_wish(head.path).has_value();
  bool const known = head.path == kBackends || head.path == kReload || is_wish;
  if (!authorised(head)) {
    send(downstream, {.status = 401, .type = kJson, .body = error_text("unauthorized", kTokenWanted)});
  } else if (auto const why = foreign_to(downstream); !why.empty()) {
    send(downstream, {.status = 403, .type = kJson, .body = error_text("forbidden", why)});
  } else if (!known) {
    send(downstream, {.status = 404, .type = kJson, .body = error_text("not_found", "there is nothing of that name")});
  } else if (head.path == kBackends ? !reads : head.method != "POST") {
    auto const allow = head.path == kBackends ? std::string_view("GET, HEAD") : std::string_view("POST");
    send(downstream, {.status = 405,
                      .type = kJson,
                      .body = error_text("method_not_allowed", "allowed: " + std::string(allow)),
                      .allow = allow});
  } else if (head.path == kBackends) {
    send(downstream, {.type = kJson, .body = control_.backends()});
  } else if (is_wish) {
    send(downstream, answer_wish(head.path));
  } else {
    co_await serve_reload(downstream);
  }
}

Admin::Answer Admin::answer_wish(std::string_view path) {
  auto const asked = parse_wish(path);
  auto const outcome = control_.wish(asked->backend, asked->endpoint, asked->wish);
  switch (outcome) {
    case WishOutcome::no_such_backend:
      return {.status = 404, .type = kJson, .body = error_text("not_found", "there is no such backend")};
    case WishOutcome::no_such_endpoint:
      return {.status = 404, .type = kJson, .body = error_text("not_found", "the backend has no such endpoint")};
    case WishOutcome::done:
    case WishOutcome::unchanged: break;
  }
  return {.type = kJson,
          .body = text_of({{"backend", asked->backend},
                           {"endpoint", asked->endpoint},
                           {"state", word_of(asked->wish)},
                           {"changed", outcome == WishOutcome::done}})};
}

/// Answers when all workers have switched, or none has and it is known why.
net::Task<> Admin::serve_reload(server::Downstream& downstream) {
  auto& waiter = downstream.waiter();
  net::Deadline deadline(waiter.loop().wheel(), waiter);
  deadline.arm(waiter.loop().now() + kPatience);
  // Dropped when this coroutine ends, whoever still wanted to call it.
  auto const changed = std::make_shared<std::function<void()>>([&waiter] { waiter.notify(); });
  auto const result = control_.reload(changed);
  while (!result->done && !deadline.expired() && !downstream.gone()) co_await waiter.wait();
  if (!result->done) {
    send(downstream, {.status = 503,
                      .type = kJson,
                      .body = error_text("reload_pending", "not all workers have switched within 30 s")});
    co_return;
  }
  if (result->taken) {
    send(downstream,
         {.type = kJson, .body = text_of({{"generation", result->generation}, {"warnings", result->warnings}})});
    co_return;
  }
  send(downstream,
       {.status = 422,
        .type = kJson,
        .body = text_of(
            {{"error", {{"code", "reload_refused"}, {"message", "the configuration in force stays; see errors"}}},
             {"generation", result->generation},
             {"errors", result->errors}})});
}

}  // namespace inferway::admin
