#pragma once

#include "inferway/config/config.hpp"
#include "inferway/http/head.hpp"
#include "inferway/policy/key_ring.hpp"
#include "inferway/routing/route_table.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace inferway::proxy {

/// One choice of a route, with what does not change from request to request.
struct TargetPlan {
  std::size_t backend = 0;
  std::optional<std::string> model;
  config::UpstreamTimeouts timeouts;
  std::uint32_t min_tokens_per_second = 0;
  config::Resume resume = config::Resume::off;
};

struct RoutePlan {
  std::vector<TargetPlan> to;
  std::vector<std::uint32_t> weights;
  std::vector<TargetPlan> fallback;  ///< in order
  std::optional<TargetPlan> mirror;
  bool fallback_renames = false;  ///< some fallback has a model of its own
  bool resumes = false;           ///< broken chat streams are continued
};

/// The choice of one request, then the fallbacks of its route, in the order in which they are asked.
class Hops {
 public:
  Hops() = default;
  Hops(TargetPlan const& choice, std::vector<TargetPlan> const& fallback) : choice_(&choice), fallback_(fallback) {}

  [[nodiscard]] bool empty() const { return choice_ == nullptr; }
  [[nodiscard]] std::size_t size() const { return empty() ? 0 : 1 + fallback_.size(); }
  [[nodiscard]] TargetPlan const& operator[](std::size_t hop) const { return hop == 0 ? *choice_ : fallback_[hop - 1]; }

 private:
  TargetPlan const* choice_ = nullptr;
  std::span<TargetPlan const> fallback_;
};

/// What every request to a backend bears, made ready as header text.
struct BackendPlan {
  Secret fields;                      ///< key and configured headers, each line with its CRLF
  std::vector<std::string> replaced;  ///< lower-case names of client fields that these replace
  std::vector<http::FieldId> passes;  ///< guarded fields that may pass
};

/// A model that the routes name, for the list of models.
struct ListedModel {
  std::string name;
  bool needs_key = false;  ///< all its routes ask for one
};

/// A configuration compiled for deciding about requests. Immutable, but for the rates of keys. It knows of no network:
/// who decides without serving makes one as well.
class CompiledConfig {
 public:
  /// `before`: the configuration that this one follows; the rates of keys go on.
  explicit CompiledConfig(config::Config configuration, CompiledConfig const* before = nullptr);

  config::Config const config;
  routing::RouteTable const routes;
  std::vector<RoutePlan> const plans;       ///< by route
  std::vector<BackendPlan> const backends;  ///< by backend
  policy::KeyRing const keys;
  bool const passes_credentials;          ///< some backend is sent fields in which a caller's key may stand
  std::vector<ListedModel> const models;  ///< in the order of the file, each once
};

/// A choice of that route: one of `to`, or a hop of `fallback`.
[[nodiscard]] TargetPlan plan_target(config::Config const& config, config::Route const& route,
                                     config::Target const& target);

}  // namespace inferway::proxy
