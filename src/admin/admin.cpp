#include "inferway/admin/admin.hpp"

#include "guard.hpp"
#include "inferway/base/text.hpp"
#include "inferway/http/answer.hpp"

namespace inferway::admin {

net::Task<> Admin::serve(server::Downstream& downstream) {
  auto const& head = downstream.head();
  if (head.path.starts_with("/api/")) {
    co_await serve_api(downstream);
  } else {
    send(downstream, answer(downstream));
  }
}

void Admin::send(server::Downstream& downstream, Answer const& answer) {
  // Nothing here is to be kept, guessed at, framed, or to load anything.
  server::AnswerField const more[] = {
      {"Content-Type", answer.type},
      {"Cache-Control", "no-store"},
      {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Referrer-Policy", "no-referrer"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      answer.status == 405 ? server::AnswerField{"Allow", answer.allow}
                           : server::AnswerField{"WWW-Authenticate", "Bearer"},
  };
  downstream.send_head(
      {.status = answer.status,
       .reason = http::reason_phrase(answer.status),
       .fields = {},
       .more = std::span(more).first(std::size(more) - (answer.status == 401 || answer.status == 405 ? 0 : 1)),
       .body = true,
       .length = answer.body.size()});
  std::string_view const pieces[] = {answer.body};
  downstream.send_body(pieces, server::More::none);
}

Admin::Answer Admin::answer(server::Downstream const& downstream) const {
  auto const& head = downstream.head();
  if (head.method != "GET" && head.method != "HEAD") return {.status = 405, .body = "only GET is known here\n"};
  if (head.path == "/live") return {.body = "live\n"};
  if (head.path == "/ready") return ready();
  if (!authorised(head)) return {.status = 401, .body = std::string(kTokenWanted) + "\n"};
  if (head.path == "/metrics") return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_()};
  if (auto const why = foreign_to(downstream); !why.empty()) return {.status = 403, .body = std::string(why) + "\n"};
  if (head.path == "/") return {.body = "Inferway\n/live\n/ready\n/metrics\n/api/backends\n/api/reload\n"};
  return {.status = 404, .body = "not found; there are /live, /ready, /metrics and /api/\n"};
}

Admin::Answer Admin::ready() const {
  switch (readiness_.load()) {
    case Readiness::ready: return {.body = "ready\n"};
    case Readiness::starting: return {.status = 503, .body = "starting\n"};
    case Readiness::draining: break;
  }
  return {.status = 503, .body = "draining\n"};
}

std::string_view Admin::foreign_to(server::Downstream const& downstream) const {
  return foreign(downstream.head(), token_.empty() && downstream.peer() != "unix");
}

bool Admin::authorised(http::RequestHead const& head) const {
  if (token_.empty()) return true;
  auto const* const field = head.find(http::FieldId::authorization);
  static constexpr std::string_view kScheme = "Bearer ";
  return field != nullptr && field->value.size() > kScheme.size() &&
         iequals(field->value.substr(0, kScheme.size()), kScheme) &&
         token_.equals(trim(field->value.substr(kScheme.size())));
}

}  // namespace inferway::admin
