#pragma once

#include "inferway/config/config.hpp"

#include <cstddef>
#include <vector>

namespace inferway::config {

/// `route` can never win, because `by`, which stands before it, matches all that it would.
struct Shadow {
  std::size_t route = 0;
  std::size_t by = 0;
};

/// Routes that no request reaches, in file order. Sound, not complete: what is reported is certain, but a route that
/// only several others together cover is not found, nor one behind very many overlapping globs. About linear in the
/// number of routes.
[[nodiscard]] std::vector<Shadow> find_shadows(std::vector<Route> const& routes);

}  // namespace inferway::config
