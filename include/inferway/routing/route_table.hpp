#pragma once

#include "inferway/base/error.hpp"
#include "inferway/config/config.hpp"
#include "inferway/http/head.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace inferway::routing {

/// What a request is matched by, but for its model.
struct Query {
  std::string_view method;
  std::string_view path;  ///< normalised, without query
  http::RequestHead const& head;
};

struct RouteGroup;

/// What is known before the body was read.
struct Candidates {
  bool any = false;                                                  ///< some route matches by path, method and headers
  bool needs_model = false;                                          ///< which one wins depends on the model
  bool needs_key = false;                                            ///< whichever wins asks for a key
  std::int64_t priority = std::numeric_limits<std::int64_t>::min();  ///< that of none that may win is above it
  RouteGroup const* only_group = nullptr;  ///< whichever wins is of this; nullptr: no route, or of several. The table's
};

/// Routes compiled for lookup: first match in file order, at a cost that does not grow with their number. Looked up by
/// hash: the exact path, each prefix of the path (up to the longest there is), the first exact header a route wants,
/// the exact model, and for model globs each length of a literal end ("gpt-*", "*-vision") that occurs. Immutable,
/// shared by all workers; lookups do not allocate.
///
/// What is tried one by one, and so is not flat: on one path, the different combinations of method and headers that
/// have no exact header; the combinations that share their first exact header; model globs that share their longer
/// literal end ("*a*" and "*b*": both ends are empty). Nothing of it is in a client's hands, it all stands in the file.
class RouteTable {
 public:
  /// `keys`: which routes ask for a key where they do not say so themselves.
  explicit RouteTable(std::vector<config::Route> const& routes, config::Keys const& keys = {});
  RouteTable(RouteTable&&) noexcept;
  RouteTable& operator=(RouteTable&&) noexcept;
  ~RouteTable();

  [[nodiscard]] Candidates candidates(Query const& query) const;

  /// The index of the route that wins. `model`: nothing when none is named (routes that want one then do not match).
  /// `only_group`: what candidates() has found for the same query, so that nothing is looked up twice; nullptr: look.
  /// Errors: model_not_found when a route would match but for its model, else route_not_found.
  [[nodiscard]] Result<std::size_t> match(Query const& query, std::optional<std::string_view> model,
                                          RouteGroup const* only_group = nullptr) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled const> compiled_;
};

/// What the '*' of a prefix pattern matched, without a leading slash; "" for an exact pattern.
[[nodiscard]] std::string_view matched_tail(std::string_view pattern, std::string_view path);

}  // namespace inferway::routing
