#include "inferway/routing/route_table.hpp"

#include "by_text.hpp"
#include "model_index.hpp"
#include "path_routes.hpp"
#include "predicates.hpp"

#include <algorithm>

namespace inferway::routing {

struct RouteTable::Compiled {
  Compiled(std::vector<config::Route> const& routes, config::Keys const& keys);

  template <typename Visit>
  void each_group(Query const& query, Visit visit) const;

  ByText<PathRoutes> exact_paths;
  ByText<PathRoutes> prefixes;  ///< "/x/*" as "/x/"
  std::size_t longest_prefix = 0;
  bool key_required;
};

RouteTable::Compiled::Compiled(std::vector<config::Route> const& routes, config::Keys const& keys)
    : key_required(keys.required) {
  for (std::size_t i = 0; i < routes.size(); ++i) {
    auto const& match = routes[i].match;
    bool const needs_key = config::needs_key(routes[i], keys);
    if (is_prefix(match.path)) {
      std::string const prefix(prefix_of(match.path));
      longest_prefix = std::max(longest_prefix, prefix.size());
      prefixes[prefix].add(match, i, needs_key, routes[i].priority);
    } else {
      exact_paths[match.path].add(match, i, needs_key, routes[i].priority);
    }
  }
}

/// The groups of the path itself, then those of its prefixes: as many lookups as it has slashes, up to the longest
/// prefix there is. (Without that bound a client's path of 30,000 slashes would be hashed 30,000 times.)
template <typename Visit>
void RouteTable::Compiled::each_group(Query const& query, Visit visit) const {
  auto const path = query.path;
  if (auto const found = exact_paths.find(path); found != exact_paths.end()) found->second.each_group(query, visit);
  if (longest_prefix == 0) return;
  for (std::size_t slash = path.find('/'); slash < longest_prefix; slash = path.find('/', slash + 1)) {
    auto const found = prefixes.find(path.substr(0, slash + 1));
    if (found != prefixes.end()) found->second.each_group(query, visit);
  }
}

RouteTable::RouteTable(std::vector<config::Route> const& routes, config::Keys const& keys)
    : compiled_(std::make_unique<Compiled const>(routes, keys)) {}
RouteTable::RouteTable(RouteTable&&) noexcept = default;
RouteTable& RouteTable::operator=(RouteTable&&) noexcept = default;
RouteTable::~RouteTable() = default;

Candidates RouteTable::candidates(Query const& query) const {
  std::size_t any_model = kNone;
  std::size_t with_model = kNone;
  std::size_t open_any = kNone;
  std::size_t open_with = kNone;
  auto priority = std::numeric_limits<std::int64_t>::min();
  RouteGroup const* first = nullptr;
  bool several = false;
  compiled_->each_group(query, [&](RouteGroup const& group) {
    several = several || (first != nullptr && first != &group);
    first = &group;
    any_model = std::min(any_model, group.any_model);
    with_model = std::min(with_model, group.with_model);
    open_any = std::min(open_any, group.open_any);
    open_with = std::min(open_with, group.open_with);
    priority = std::max(priority, group.priority);
  });
  bool const any = any_model != kNone || with_model != kNone;
  // Behind the first route that takes any model none has its turn.
  bool const open = (open_any != kNone && open_any == any_model) || open_with < any_model;
  return {.any = any,
          .needs_model = with_model < any_model,
          .needs_key = any ? !open : compiled_->key_required,
          .priority = priority,
          .only_group = several ? nullptr : first};
}

Result<std::size_t> RouteTable::match(Query const& query, std::optional<std::string_view> model,
                                      RouteGroup const* only_group) const {
  std::size_t best = kNone;
  bool wants_model = false;
  auto const look_at = [&](RouteGroup const& group) {
    best = std::min(best, group.any_model);
    if (model && group.with_model < best) best = group.models.first(*model, best);
    wants_model = wants_model || group.with_model != kNone;
  };
  if (only_group != nullptr) {
    look_at(*only_group);
  } else {
    compiled_->each_group(query, look_at);
  }
  if (best != kNone) return best;
  if (wants_model) return client_error(ErrorCode::model_not_found, "no route for this model");
  return client_error(ErrorCode::route_not_found, "no route for this method, path and headers");
}

std::string_view matched_tail(std::string_view pattern, std::string_view path) {
  if (!is_prefix(pattern)) return {};
  return path.substr(std::min(pattern.size() - 1, path.size()));
}

}  // namespace inferway::routing
