#pragma once

#include "inferway/proxy/compiled_config.hpp"
#include "inferway/upstream/upstream.hpp"

#include <chrono>
#include <utility>

namespace inferway::proxy {

/// A configuration compiled for serving: what is decided by, and the endpoints. Immutable but for the counters of
/// these; shared by all workers.
class Snapshot : public CompiledConfig {
 public:
  Snapshot(config::Config configuration, net::Resolver& resolver)
      : CompiledConfig(std::move(configuration)),
        since(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())),
        directory(config.backends, resolver) {}

  std::chrono::sys_seconds const since;  ///< when this was made
  upstream::Directory directory;
};

}  // namespace inferway::proxy
