#include "explanation.hpp"
#include "inferway/http/answer.hpp"

#include <nlohmann/json.hpp>

namespace inferway::cli {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json or_null(std::optional<T> const& value) {
  return value ? Json(*value) : Json();
}

Json refusal_json(std::optional<Error> const& refusal) {
  if (!refusal) return {};
  return {
      {"status", http::answer_kind(refusal->code).status}, {"code", name(refusal->code)}, {"message", refusal->detail}};
}

Json request_json(ExplainedRequest const& request) {
  return {{"method", request.method},
          {"path", request.path},
          {"dialect", name(request.dialect)},
          {"model", or_null(request.model)},
          {"model_place", request.model_place.empty() ? Json() : Json(request.model_place)},
          {"model_looked_for", request.model_looked_for},
          {"key", or_null(request.key)}};
}

/// What keeps the route from the request, each with what the route wants.
Json mismatches_json(config::Match const& match, routing::Mismatch const& mismatch) {
  auto out = Json::array();
  if (mismatch.path) out.push_back({{"what", "path"}, {"wanted", match.path}});
  if (mismatch.method) out.push_back({{"what", "method"}, {"wanted", *match.method}});
  for (auto const index : mismatch.headers) {
    auto const& header = match.headers[index];
    out.push_back({{"what", "header"}, {"name", header.name}, {"wanted", header.hidden ? Json() : Json(header.value)}});
  }
  if (mismatch.model) out.push_back({{"what", "model"}, {"wanted", *match.model}});
  return out;
}

Json route_json(config::Route const& route) { return {{"name", route.name}, {"line", route.position.line}}; }

Json endpoints_json(config::Backend const& backend, Choice const& choice) {
  auto out = Json::array();
  for (std::size_t i = 0; i < backend.endpoints.size(); ++i) {
    Json endpoint{{"url", backend.endpoints[i].url}, {"weight", backend.endpoints[i].weight}, {"request", nullptr}};
    if (!choice.refusal) {
      auto headers = Json::array();
      for (auto const& [name, value] : choice.requests[i].headers) headers.push_back({name, value});
      endpoint["request"] = {{"line", choice.requests[i].line}, {"headers", std::move(headers)}};
    }
    out.push_back(std::move(endpoint));
  }
  return out;
}

Json choice_json(config::Config const& config, Choice const& choice) {
  auto const& backend = config.backends[choice.target.backend];
  auto const milliseconds = [](config::Milliseconds duration) { return duration.count(); };
  auto const& timeouts = choice.timeouts;
  Json splice;
  if (choice.splice) {
    splice = {{"offset", or_null(choice.splice->offset)},
              {"length", or_null(choice.splice->length)},
              {"value", choice.splice->value}};
  }
  return {{"backend", backend.name},
          {"api", name(backend.api)},
          {"balance", name(backend.balance)},
          {"model", or_null(choice.target.model)},
          {"renames", choice.renames},
          {"splice", std::move(splice)},
          {"timeouts_ms",
           {{"connect", milliseconds(timeouts.connect)},
            {"first_byte", milliseconds(timeouts.first_byte)},
            {"first_content", timeouts.first_content ? Json(milliseconds(*timeouts.first_content)) : Json()},
            {"idle", milliseconds(timeouts.idle)},
            {"total", milliseconds(timeouts.total)}}},
          {"refused", refusal_json(choice.refusal)},
          {"endpoints", endpoints_json(backend, choice)}};
}

Json retry_json(config::Retry const& retry) {
  auto on = Json::array();
  for (auto const kind : retry.on) on.push_back(name(kind));
  return {{"attempts", retry.attempts},
          {"on", std::move(on)},
          {"backoff_ms", retry.backoff.count()},
          {"max_backoff_ms", retry.max_backoff.count()},
          {"budget_percent", retry.budget_percent}};
}

}  // namespace

std::string explanation_json(config::Config const& config, Explanation const& explanation) {
  Json out{{"file", config.file},
           {"request", request_json(explanation.request)},
           {"refused", refusal_json(explanation.refusal)},
           {"answered", explanation.answers_models ? Json("models") : Json()},
           {"passed_over", Json::array()},
           {"route", nullptr},
           {"not_looked_at", 0},
           {"to", Json::array()},
           {"fallback", Json::array()},
           {"retry", nullptr}};
  for (std::size_t i = 0; i < explanation.mismatches.size(); ++i) {
    auto route = route_json(config.routes[i]);
    route["because"] = mismatches_json(config.routes[i].match, explanation.mismatches[i]);
    out["passed_over"].push_back(std::move(route));
  }
  auto const looked_at = explanation.mismatches.size() + (explanation.route ? 1 : 0);
  out["not_looked_at"] = config.routes.size() - looked_at;
  if (explanation.route) {
    auto const& route = config.routes[*explanation.route];
    out["route"] = route_json(route);
    out["retry"] = retry_json(route.retry);
  }
  for (auto const& choice : explanation.to) {
    auto json = choice_json(config, choice);
    json["weight"] = choice.target.weight;
    json["share_percent"] = choice.share_percent;
    out["to"].push_back(std::move(json));
  }
  for (auto const& choice : explanation.fallback) out["fallback"].push_back(choice_json(config, choice));
  // What came on the command line need not be UTF-8.
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace inferway::cli
