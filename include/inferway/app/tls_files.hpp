#pragma once

#include "inferway/config/config.hpp"
#include "inferway/config/loader.hpp"

#include <vector>

namespace inferway::app {

/// Tries to load all certificates, keys and CAs that a configuration names. Blocking; sends nothing.
[[nodiscard]] std::vector<config::Problem> check_tls_files(config::Config const& config);

}  // namespace inferway::app
