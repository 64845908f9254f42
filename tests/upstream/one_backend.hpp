#pragma once

#include "inferway/telemetry/telemetry.hpp"
#include "inferway/upstream/place.hpp"
#include "inferway/upstream/upstream.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace inferway::upstream {

/// A backend of so many endpoints, none of which is ever connected to.
inline config::Config one_backend(std::size_t endpoints, config::MaxInflight limit, config::Queue queue) {
  config::Config config;
  config.log.access = "off";
  config::Backend backend;
  backend.name = "b";
  for (std::size_t i = 0; i < endpoints; ++i) {
    auto const path = "/nowhere/" + std::to_string(i);
    backend.endpoints.push_back({.url = "unix:" + path,
                                 .tls = false,
                                 .host = "",
                                 .port = 0,
                                 .unix_path = path,
                                 .authority = "localhost",
                                 .path = "",
                                 .weight = 1});
  }
  backend.max_inflight = limit;
  backend.queue = queue;
  config.backends.push_back(std::move(backend));
  return config;
}

/// What the workers share.
struct Shared {
  explicit Shared(config::Config of, std::size_t workers = 1)
      : config(std::move(of)), directory(config.backends, resolver), telemetry(config, workers) {}

  [[nodiscard]] Endpoint& endpoint(std::size_t index) const { return *directory[0].endpoints[index]; }
  [[nodiscard]] PlaceQueue& queue() const { return directory[0].state->queue; }
  [[nodiscard]] telemetry::BackendCounters& counters(std::size_t worker) {
    return telemetry.shard(worker).backend(config.backends[0].name);
  }

  config::Config config;
  net::Resolver resolver{[] {}};
  Directory directory;
  telemetry::Telemetry telemetry;
};

struct Worker {
  explicit Worker(Shared& of, std::size_t index = 0)
      : upstream(loop, of.directory, of.config.limits, of.telemetry.shard(index), index + 1), waiter(loop) {}

  [[nodiscard]] std::unique_ptr<Place> place() { return std::make_unique<Place>(upstream, 0, waiter); }

  net::Loop loop;
  Upstream upstream;
  net::Waiter waiter;
};

}  // namespace inferway::upstream
