#include "routing_table.hpp"

#include <nlohmann/json.hpp>

namespace inferway::cli {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json or_null(std::optional<T> const& value) {
  return value ? Json(*value) : Json();
}

Json problems_json(std::vector<config::Problem> const& problems) {
  auto out = Json::array();
  for (auto const& problem : problems) {
    out.push_back({{"line", problem.position.line}, {"column", problem.position.column}, {"message", problem.message}});
  }
  return out;
}

Json route_json(config::Config const& config, config::Route const& route) {
  auto headers = Json::object();
  for (auto const& header : route.match.headers) headers[header.name] = header.hidden ? Json() : Json(header.value);
  auto to = Json::array();
  for (auto const& target : route.to) {
    to.push_back({{"backend", config.backends[target.backend].name},
                  {"model", or_null(target.model)},
                  {"weight", target.weight}});
  }
  auto fallback = Json::array();
  for (auto const& hop : route.fallback) {
    fallback.push_back({{"backend", config.backends[hop.backend].name}, {"model", or_null(hop.model)}});
  }
  return {
      {"name", route.name},
      {"line", route.position.line},
      {"match",
       {{"path", route.match.path},
        {"method", or_null(route.match.method)},
        {"model", or_null(route.match.model)},
        {"headers", std::move(headers)}}},
      {"to", std::move(to)},
      {"fallback", std::move(fallback)},
      {"rewrite", or_null(route.rewrite)},
      {"auth", or_null(route.auth)},
  };
}

Json backend_json(config::Backend const& backend) {
  auto endpoints = Json::array();
  for (auto const& endpoint : backend.endpoints) {
    endpoints.push_back({{"url", endpoint.url}, {"weight", endpoint.weight}});
  }
  return {
      {"name", backend.name},
      {"line", backend.position.line},
      {"api", name(backend.api)},
      {"balance", name(backend.balance)},
      {"has_key", !backend.key.empty()},
      {"endpoints", std::move(endpoints)},
  };
}

Json keys_json(config::Keys const& keys) {
  auto known = Json::array();
  for (auto const& key : keys.static_keys) {
    known.push_back({{"name", key.name}, {"line", key.position.line}, {"models", key.models}, {"rpm", key.rpm}});
  }
  return {{"required", keys.required}, {"static", std::move(known)}};
}

}  // namespace

std::string routing_table_json(std::string const& file, config::Loaded const& loaded) {
  Json out{{"file", file}, {"valid", loaded.config.has_value()}};
  out["errors"] = problems_json(loaded.errors);
  out["warnings"] = problems_json(loaded.warnings);
  if (loaded.config) {
    out["routes"] = Json::array();
    for (auto const& route : loaded.config->routes) out["routes"].push_back(route_json(*loaded.config, route));
    out["backends"] = Json::array();
    for (auto const& backend : loaded.config->backends) out["backends"].push_back(backend_json(backend));
    out["keys"] = keys_json(loaded.config->keys);
  }
  // A value out of a variable need not be UTF-8.
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace inferway::cli
