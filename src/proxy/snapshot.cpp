#include "inferway/proxy/snapshot.hpp"

#include "models.hpp"

#include <algorithm>
#include <utility>

namespace inferway::proxy {

Snapshot::Snapshot(config::Config configuration, net::Resolver& resolver)
    : CompiledConfig(std::move(configuration)),
      keys(config.keys.static_keys),
      passes_credentials(std::ranges::any_of(backends, [](BackendPlan const& plan) { return !plan.passes.empty(); })),
      models(list_models(config)),
      since(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())),
      directory(config.backends, resolver) {}

}  // namespace inferway::proxy
