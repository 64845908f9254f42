#include "names.hpp"

namespace inferway::telemetry {

Names::Names(config::Config const& config) {
  routes_.reserve(config.routes.size());
  for (auto const& route : config.routes) routes_.push_back(route.name);
  backends_.reserve(config.backends.size());
  for (auto const& backend : config.backends) backends_.push_back(backend.name);
  keys_.reserve(config.keys.static_keys.size());
  for (auto const& key : config.keys.static_keys) keys_.push_back(key.name);
}

}  // namespace inferway::telemetry
