#include "inferway/admin/admin.hpp"

#include "inferway/base/text.hpp"
#include "inferway/http/answer.hpp"

namespace inferway::admin {

net::Task<> Admin::serve(server::Downstream& downstream) {
  auto const& head = downstream.head();
  auto const result = answer(head);
  server::AnswerField const more[] = {
      {"Content-Type", result.type},
      {"Cache-Control", "no-store"},
      {"X-Content-Type-Options", "nosniff"},
      result.status == 405 ? server::AnswerField{"Allow", "GET, HEAD"}
                           : server::AnswerField{"WWW-Authenticate", "Bearer"},
  };
  downstream.send_head({.status = result.status,
                        .reason = http::reason_phrase(result.status),
                        .fields = {},
                        .more = std::span(more).first(result.status == 401 || result.status == 405 ? 4 : 3),
                        .body = true,
                        .length = result.body.size()});
  std::string_view const pieces[] = {result.body};
  downstream.send_body(pieces, server::More::none);
  co_return;
}

Admin::Answer Admin::answer(http::RequestHead const& head) const {
  if (head.method != "GET" && head.method != "HEAD") return {.status = 405, .body = "only GET is known here\n"};
  if (head.path == "/live") return {.body = "live\n"};
  if (head.path == "/ready") return ready();
  if (!authorised(head)) return {.status = 401, .body = "the admin token is wanted as Authorization: Bearer\n"};
  if (head.path == "/metrics") return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_()};
  if (head.path == "/") return {.body = "Inferway\n/live\n/ready\n/metrics\n"};
  return {.status = 404, .body = "not found; there are /live, /ready and /metrics\n"};
}

Admin::Answer Admin::ready() const {
  switch (readiness_.load()) {
    case Readiness::ready: return {.body = "ready\n"};
    case Readiness::starting: return {.status = 503, .body = "starting\n"};
    case Readiness::draining: break;
  }
  return {.status = 503, .body = "draining\n"};
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
