#include "inferway/routing/route_table.hpp"

#include "inferway/base/text.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <unordered_map>
#include <vector>

namespace inferway::routing {

namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <typename Value>
using ByText = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

/// Indices of routes, in file order.
using Routes = std::vector<std::size_t>;

/// The part of a glob before its first star.
std::string_view literal_front(std::string_view glob) { return glob.substr(0, glob.find('*')); }

/// The routes of one path pattern.
struct Pattern {
  Routes any_model;
  Routes with_model;  ///< all that want one, whichever
  ByText<Routes> exact;
  ByText<Routes> globs;                  ///< by what stands before the first star
  std::vector<std::size_t> front_sizes;  ///< the different lengths of these, ascending
};

}  // namespace

struct RouteTable::Compiled {
  explicit Compiled(std::vector<config::Route> const& routes);

  [[nodiscard]] bool conditions_hold(std::size_t route, Query const& query) const;
  [[nodiscard]] std::size_t first(Routes const& routes, Query const& query, std::size_t below) const;
  [[nodiscard]] std::size_t first_for_model(Pattern const& pattern, Query const& query, std::string_view model,
                                            std::size_t below) const;
  template <typename Visit>
  void each_pattern(std::string_view path, Visit visit) const;

  std::vector<config::Match> matches;  ///< by route
  ByText<Pattern> exact_paths;
  ByText<Pattern> prefixes;  ///< "/x/*" as "/x/"
};

RouteTable::Compiled::Compiled(std::vector<config::Route> const& routes) {
  for (std::size_t i = 0; i < routes.size(); ++i) {
    auto const& match = routes[i].match;
    matches.push_back(match);
    bool const is_prefix = match.path.ends_with("/*");
    auto& pattern = is_prefix ? prefixes[match.path.substr(0, match.path.size() - 1)] : exact_paths[match.path];
    if (!match.model) {
      pattern.any_model.push_back(i);
      continue;
    }
    pattern.with_model.push_back(i);
    if (match.model->find('*') == std::string::npos) {
      pattern.exact[*match.model].push_back(i);
      continue;
    }
    auto const front = literal_front(*match.model);
    pattern.globs[std::string(front)].push_back(i);
    auto& sizes = pattern.front_sizes;
    auto const place = std::ranges::lower_bound(sizes, front.size());
    if (place == sizes.end() || *place != front.size()) sizes.insert(place, front.size());
  }
}

bool RouteTable::Compiled::conditions_hold(std::size_t route, Query const& query) const {
  auto const& match = matches[route];
  if (match.method && *match.method != query.method) return false;
  return std::ranges::all_of(match.headers, [&](config::HeaderMatch const& wanted) {
    return std::ranges::any_of(query.head.fields, [&](http::Field const& field) {
      return iequals(field.name, wanted.name) && glob_match(wanted.value, field.value);
    });
  });
}

/// The first of `routes` below `below` whose method and headers fit; kNone when there is none.
std::size_t RouteTable::Compiled::first(Routes const& routes, Query const& query, std::size_t below) const {
  for (auto const route : routes) {
    if (route >= below) return kNone;
    if (conditions_hold(route, query)) return route;
  }
  return kNone;
}

std::size_t RouteTable::Compiled::first_for_model(Pattern const& pattern, Query const& query, std::string_view model,
                                                  std::size_t below) const {
  if (auto const found = pattern.exact.find(model); found != pattern.exact.end()) {
    below = std::min(below, first(found->second, query, below));
  }
  for (auto const size : pattern.front_sizes) {
    if (size > model.size()) break;
    auto const found = pattern.globs.find(model.substr(0, size));
    if (found == pattern.globs.end()) continue;
    for (auto const route : found->second) {
      if (route >= below) break;
      if (glob_match(*matches[route].model, model) && conditions_hold(route, query)) {
        below = route;
        break;
      }
    }
  }
  return below;
}

/// The exact pattern of a path, then those of its prefixes: as many lookups as it has slashes.
template <typename Visit>
void RouteTable::Compiled::each_pattern(std::string_view path, Visit visit) const {
  if (auto const found = exact_paths.find(path); found != exact_paths.end()) visit(found->second);
  if (prefixes.empty()) return;
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    auto const found = prefixes.find(path.substr(0, slash + 1));
    if (found != prefixes.end()) visit(found->second);
  }
}

RouteTable::RouteTable(std::vector<config::Route> const& routes)
    : compiled_(std::make_unique<Compiled const>(routes)) {}
RouteTable::RouteTable(RouteTable&&) noexcept = default;
RouteTable& RouteTable::operator=(RouteTable&&) noexcept = default;
RouteTable::~RouteTable() = default;

Candidates RouteTable::candidates(Query const& query) const {
  std::size_t without = kNone;
  std::size_t with = kNone;
  compiled_->each_pattern(query.path, [&](Pattern const& pattern) {
    without = std::min(without, compiled_->first(pattern.any_model, query, without));
    with = std::min(with, compiled_->first(pattern.with_model, query, with));
  });
  return {.any = without != kNone || with != kNone, .needs_model = with < without};
}

Result<std::size_t> RouteTable::match(Query const& query, std::optional<std::string_view> model) const {
  std::size_t best = kNone;
  bool any = false;
  compiled_->each_pattern(query.path, [&](Pattern const& pattern) {
    best = std::min(best, compiled_->first(pattern.any_model, query, best));
    if (model) best = compiled_->first_for_model(pattern, query, *model, best);
    any = any || (best == kNone && compiled_->first(pattern.with_model, query, kNone) != kNone);
  });
  if (best != kNone) return best;
  if (any) return client_error(ErrorCode::model_not_found, "no route for this model");
  return client_error(ErrorCode::route_not_found, "no route for this method, path and headers");
}

std::string_view matched_tail(std::string_view pattern, std::string_view path) {
  if (!pattern.ends_with("/*")) return {};
  return path.substr(std::min(pattern.size() - 1, path.size()));
}

}  // namespace inferway::routing
