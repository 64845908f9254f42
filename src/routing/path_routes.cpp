#include "path_routes.hpp"

#include "predicates.hpp"

#include <algorithm>

namespace inferway::routing {

namespace {

/// What a route wants but for its path and model, as one text. Neither methods nor headers can hold a line's end.
std::string conditions(config::Match const& match) {
  auto text = match.method.value_or("");
  for (auto const& header : match.headers) text.append("\n").append(header.name).append("\n").append(header.value);
  return text;
}

}  // namespace

bool RouteGroup::takes(Query const& query) const {
  return takes_method(method, query.method) &&
         std::ranges::all_of(headers, [&](auto const& wanted) { return takes_header(wanted, query.head); });
}

void PathRoutes::add(config::Match const& match, std::size_t route, bool needs_key, std::int64_t priority) {
  auto& group = group_for(match);
  group.priority = std::max(group.priority, priority);
  if (!match.model) {
    if (group.any_model == kNone && !needs_key) group.open_any = route;
    group.any_model = std::min(group.any_model, route);
    return;
  }
  group.with_model = std::min(group.with_model, route);
  if (!needs_key) group.open_with = std::min(group.open_with, route);
  group.models.add(*match.model, route);
}

RouteGroup& PathRoutes::group_for(config::Match const& match) {
  auto const [known, added] = known_.try_emplace(conditions(match), groups_.size());
  if (added) {
    place_for(match).push_back(groups_.size());
    auto& group = groups_.emplace_back();
    group.method = match.method;
    group.headers = match.headers;
  }
  return groups_[known->second];
}

/// The list in which a group is looked for.
PathRoutes::Indices& PathRoutes::place_for(config::Match const& match) {
  auto const exact = std::ranges::find_if(
      match.headers, [](config::HeaderMatch const& header) { return header.value.find('*') == std::string::npos; });
  if (exact == match.headers.end()) return tried_;
  auto header = std::ranges::find(by_header_, exact->name, &HeaderIndex::name);
  if (header == by_header_.end()) header = by_header_.insert(by_header_.end(), {.name = exact->name, .by_value = {}});
  return header->by_value[exact->value];
}

}  // namespace inferway::routing
