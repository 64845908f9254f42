#pragma once

#include "inferway/config/config.hpp"
#include "problems.hpp"
#include "value.hpp"

namespace inferway::config {

/// Reads `keys`, and checks that there are some where they are asked for; so config.routes is to be read before.
void read_keys(Value const& value, Config& config, Problems& problems);

}  // namespace inferway::config
