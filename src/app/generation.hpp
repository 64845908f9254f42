#pragma once

#include "inferway/proxy/proxy.hpp"
#include "inferway/upstream/upstream.hpp"

#include <memory>
#include <utility>

namespace inferway::app {

/// What one worker serves one configuration with. A reload makes a new one; the old one goes on with the requests that
/// began under it, and ends with the last of them.
struct Generation {
  Generation(net::Loop& loop, std::shared_ptr<proxy::Snapshot> of, proxy::BufferedBytes& buffered,
             proxy::LoadMeter& load, proxy::Mirrors& mirrors, telemetry::Shard& shard, std::uint64_t seed)
      : snapshot(std::move(of)),
        upstream(loop, snapshot->directory, snapshot->config.limits, shard, seed),
        proxy(loop, *snapshot, upstream, buffered, load, mirrors, shard) {}

  std::shared_ptr<proxy::Snapshot> const snapshot;  ///< of all workers
  upstream::Upstream upstream;
  proxy::Proxy proxy;
};

}  // namespace inferway::app
