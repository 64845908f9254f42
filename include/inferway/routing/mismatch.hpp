#pragma once

#include "inferway/routing/route_table.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace inferway::routing {

/// All that keeps a route from taking a request.
struct Mismatch {
  bool path = false;
  bool method = false;
  std::vector<std::size_t> headers;  ///< indices into Match::headers
  bool model = false;                ///< another one, or none, is named

  [[nodiscard]] bool none() const { return !path && !method && headers.empty() && !model; }
};

/// The route alone beside the request, for people who ask why. The first route of the file without a mismatch is the
/// one that RouteTable::match finds.
[[nodiscard]] Mismatch mismatch(config::Match const& match, Query const& query, std::optional<std::string_view> model);

}  // namespace inferway::routing
