#pragma once

#include "inferway/config/config.hpp"
#include "value.hpp"

namespace inferway::config {

/// Reads `routes[].match`: what a request must look like. Header names come out in lower case.
[[nodiscard]] Match read_match(Value const& value);

}  // namespace inferway::config
