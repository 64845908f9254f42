#pragma once

#include "inferway/policy/key_ring.hpp"
#include "inferway/proxy/compiled_config.hpp"
#include "inferway/upstream/upstream.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace inferway::proxy {

/// A model that the routes name, for the list of models.
struct ListedModel {
  std::string name;
  bool needs_key = false;  ///< all its routes ask for one
};

/// A configuration compiled for serving: what is decided by, the callers' keys, and the endpoints. Immutable but for
/// the counters of these; shared by all workers.
class Snapshot : public CompiledConfig {
 public:
  Snapshot(config::Config configuration, net::Resolver& resolver);

  policy::KeyRing const keys;
  bool const passes_credentials;          ///< some backend is sent fields in which a caller's key may stand
  std::vector<ListedModel> const models;  ///< in the order of the file, each once
  std::chrono::sys_seconds const since;   ///< when this was made
  upstream::Directory directory;
};

}  // namespace inferway::proxy
