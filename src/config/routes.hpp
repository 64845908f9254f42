#pragma once

#include "backends.hpp"
#include "inferway/config/config.hpp"
#include "value.hpp"

namespace inferway::config {

/// Reads `routes` into config.routes, in the order of the file, which is the order of precedence. At least one is
/// required.
void read_routes(Value const& value, BackendNames const& backends, Config& config);

}  // namespace inferway::config
