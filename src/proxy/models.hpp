#pragma once

#include "inferway/proxy/snapshot.hpp"

#include <vector>

namespace inferway::proxy {

/// The exact names that routes match, in the order of the file, each once; no globs, since they name no model.
[[nodiscard]] std::vector<ListedModel> list_models(config::Config const& config);

}  // namespace inferway::proxy
