#pragma once

#include "inferway/config/config.hpp"
#include "inferway/http/head.hpp"
#include "inferway/policy/key_ring.hpp"
#include "inferway/routing/route_table.hpp"

#include <cstdint>
#include <optional>
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
  bool renames = false;              ///< some target, or fallback, has a model of its own
  bool resumes = false;              ///< broken chat streams are continued
};

/// What every request to a backend bears, made ready as header text.
struct BackendPlan {
  std::string fields;                 ///< key and configured headers, each line with its CRLF
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
  explicit CompiledConfig(config::Config configuration);

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
