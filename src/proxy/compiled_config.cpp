#include "inferway/proxy/compiled_config.hpp"

#include "inferway/base/text.hpp"
#include "inferway/base/wipe_freed.hpp"
#include "inferway/dialect/dialect.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace inferway::proxy {

namespace {

http::FieldId guarded_field(config::GuardedHeader header) {
  switch (header) {
    case config::GuardedHeader::authorization: return http::FieldId::authorization;
    case config::GuardedHeader::proxy_authorization: return http::FieldId::proxy_authorization;
    case config::GuardedHeader::x_api_key: return http::FieldId::x_api_key;
    case config::GuardedHeader::api_key: return http::FieldId::api_key;
    case config::GuardedHeader::x_goog_api_key: return http::FieldId::x_goog_api_key;
    case config::GuardedHeader::cookie: return http::FieldId::cookie;
  }
  return http::FieldId::other;
}

std::vector<RoutePlan> plan_routes(config::Config const& config) {
  std::vector<RoutePlan> plans;
  plans.reserve(config.routes.size());
  for (auto const& route : config.routes) {
    RoutePlan plan;
    for (auto const& target : route.to) {
      plan.to.push_back(plan_target(config, route, target));
      plan.weights.push_back(target.weight);
    }
    for (auto const& hop : route.fallback) {
      plan.fallback.push_back(plan_target(config, route, hop));
      plan.fallback_renames = plan.fallback_renames || hop.model.has_value();
    }
    auto const resumes = [](TargetPlan const& target) { return target.resume != config::Resume::off; };
    plan.resumes = route.resume_attempts > 0 &&
                   (std::ranges::any_of(plan.to, resumes) || std::ranges::any_of(plan.fallback, resumes));
    if (route.mirror)
      plan.mirror = plan_target(config, route, {.backend = route.mirror->backend, .model = std::nullopt});
    plans.push_back(std::move(plan));
  }
  return plans;
}

BackendPlan plan_backend(config::Backend const& backend) {
  WipeFreed const wipe;  // what is left of the text while it grows
  BackendPlan plan;
  std::string fields;
  auto const add = [&](std::string_view name, std::string_view prefix, Secret const& value) {
    plan.replaced.push_back(lower(name));
    fields.append(name).append(": ").append(prefix).append(value.reveal()).append("\r\n");
  };
  if (!backend.key.empty()) {
    auto const place = dialect::key_place(backend.api);
    add(place.field, place.prefix, backend.key);
  }
  for (auto const& header : backend.headers) add(header.name, "", header.value);
  for (auto const header : backend.pass_headers) plan.passes.push_back(guarded_field(header));
  plan.fields = Secret(std::move(fields));
  return plan;
}

std::vector<BackendPlan> plan_backends(config::Config const& config) {
  std::vector<BackendPlan> plans;
  plans.reserve(config.backends.size());
  for (auto const& backend : config.backends) plans.push_back(plan_backend(backend));
  return plans;
}

/// The exact names that routes match; no globs, since they name no model.
std::vector<ListedModel> list_models(config::Config const& config) {
  std::vector<ListedModel> models;
  std::unordered_map<std::string_view, std::size_t> known;
  for (auto const& route : config.routes) {
    auto const& model = route.match.model;
    if (!model || model->find('*') != std::string::npos) continue;
    bool const needs_key = config::needs_key(route, config.keys);
    auto const [place, is_new] = known.try_emplace(*model, models.size());
    if (is_new) {
      models.push_back({.name = *model, .needs_key = needs_key});
    } else if (!needs_key) {
      models[place->second].needs_key = false;
    }
  }
  return models;
}

}  // namespace

CompiledConfig::CompiledConfig(config::Config configuration, CompiledConfig const* before)
    : config(std::move(configuration)),
      routes(config.routes, config.keys),
      plans(plan_routes(config)),
      backends(plan_backends(config)),
      keys(config.keys.static_keys, before == nullptr ? nullptr : &before->keys),
      passes_credentials(std::ranges::any_of(backends, [](BackendPlan const& plan) { return !plan.passes.empty(); })),
      models(list_models(config)) {}

TargetPlan plan_target(config::Config const& config, config::Route const& route, config::Target const& target) {
  auto const& backend = config.backends[target.backend];
  return {.backend = target.backend,
          .model = target.model,
          .timeouts = config::merged(backend.timeouts, route.timeouts),
          .min_tokens_per_second = backend.min_tokens_per_second,
          .resume = backend.resume};
}

}  // namespace inferway::proxy
