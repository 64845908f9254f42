#pragma once

#include "inferway/proxy/compiled_config.hpp"
#include "inferway/telemetry/numbering.hpp"
#include "inferway/upstream/upstream.hpp"

#include <chrono>
#include <utility>

namespace inferway::proxy {

/// A configuration compiled for serving: what is decided by, and the endpoints. Immutable but for the counters of
/// these; shared by all workers.
class Snapshot : public CompiledConfig {
 public:
  /// `before`: the configuration in force, of which this one keeps what stays the same. Blocking: it reads the TLS
  /// files; throws std::runtime_error that says what is wrong with one.
  Snapshot(config::Config configuration, net::Resolver& resolver, telemetry::Numbering names,
           Snapshot const* before = nullptr)
      : CompiledConfig(std::move(configuration), before),
        since(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())),
        numbering(std::move(names)),
        directory(config.backends, resolver, before == nullptr ? nullptr : &before->directory) {}

  std::chrono::sys_seconds const since;  ///< when this was made
  telemetry::Numbering const numbering;
  upstream::Directory directory;
};

}  // namespace inferway::proxy
