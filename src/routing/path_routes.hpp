#pragma once

#include "by_text.hpp"
#include "inferway/base/text.hpp"
#include "inferway/config/config.hpp"
#include "inferway/routing/route_table.hpp"
#include "model_index.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace inferway::routing {

/// Routes of one path that want the same method and the same headers: these are looked at once for all of them.
struct RouteGroup {
  std::optional<std::string> method;
  std::vector<config::HeaderMatch> headers;
  std::size_t any_model = kNone;   ///< the first that takes any model; later ones never have their turn
  std::size_t with_model = kNone;  ///< the first that wants a model, whichever
  std::size_t open_any = kNone;    ///< any_model, where that asks for no key
  std::size_t open_with = kNone;   ///< the first that wants a model, but no key
  std::int64_t priority = std::numeric_limits<std::int64_t>::min();  ///< the highest among them
  ModelIndex models;

  [[nodiscard]] bool takes(Query const& query) const;
};

/// The routes of one path pattern, in groups. A group that wants an exact header value is found by a lookup of the
/// first such header's value; all others (told apart by method, or by header globs alone) are tried one by one.
class PathRoutes {
 public:
  /// Routes are added in the order of the file.
  void add(config::Match const& match, std::size_t route, bool needs_key, std::int64_t priority = 0);

  /// Calls `visit` with each group that takes the query, perhaps more than once. Allocates nothing.
  template <typename Visit>
  void each_group(Query const& query, Visit visit) const;

 private:
  using Indices = std::vector<std::size_t>;
  struct HeaderIndex {
    std::string name;  ///< lower case
    ByText<Indices> by_value;
  };
  RouteGroup& group_for(config::Match const& match);
  [[nodiscard]] Indices& place_for(config::Match const& match);

  std::vector<RouteGroup> groups_;
  ByText<std::size_t> known_;           ///< groups by what they want, for add()
  Indices tried_;                       ///< groups that are tried one by one
  std::vector<HeaderIndex> by_header_;  ///< the others
};

template <typename Visit>
void PathRoutes::each_group(Query const& query, Visit visit) const {
  auto const try_each = [&](Indices const& indices) {
    for (auto const index : indices) {
      if (groups_[index].takes(query)) visit(groups_[index]);
    }
  };
  try_each(tried_);
  for (auto const& header : by_header_) {
    for (auto const& field : query.head.fields) {
      if (!iequals(field.name, header.name)) continue;
      auto const found = header.by_value.find(field.value);
      if (found != header.by_value.end()) try_each(found->second);
    }
  }
}

}  // namespace inferway::routing
