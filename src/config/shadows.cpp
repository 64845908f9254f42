#include "shadows.hpp"

#include "inferway/base/text.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace inferway::config {
namespace {

/// Globs looked at for one route. Enough for any file that people write.
constexpr std::size_t kMostGlobs = 64;
/// Conditions on headers whose subsets are all looked up.
constexpr std::size_t kMostHeaders = 4;

using Found = std::optional<std::size_t>;

/// Routes with the same path, method and headers, by their model.
class Models {
 public:
  /// A route that matches whatever `model` (a name, a glob, or nothing for any request) does.
  [[nodiscard]] Found find(std::optional<std::string> const& model) const {
    if (any_ || !model) return any_;
    if (auto const found = by_text_.find(*model); found != by_text_.end()) return found->second;
    std::size_t looked_at = 0;
    for (auto const length : prefix_lengths_) {
      if (length > model->size() || looked_at >= kMostGlobs) break;
      auto const found = globs_.find(std::string_view(*model).substr(0, length));
      if (found == globs_.end()) continue;
      for (auto const& glob : found->second) {
        // The stars of `model` count as characters here, so only a star of the glob can swallow them.
        if (glob_match(glob.pattern, *model)) return glob.route;
        if (++looked_at >= kMostGlobs) break;
      }
    }
    return std::nullopt;
  }

  void add(std::optional<std::string> const& model, std::size_t route) {
    if (!model) {
      any_ = any_.value_or(route);
      return;
    }
    by_text_.emplace(*model, route);
    auto const star = model->find('*');
    if (star == std::string::npos) return;
    globs_[std::string_view(*model).substr(0, star)].push_back({*model, route});
    auto const place = std::ranges::lower_bound(prefix_lengths_, star);
    if (place == prefix_lengths_.end() || *place != star) prefix_lengths_.insert(place, star);
  }

 private:
  struct Glob {
    std::string_view pattern;
    std::size_t route;
  };
  Found any_;
  std::unordered_map<std::string_view, std::size_t> by_text_;
  std::unordered_map<std::string_view, std::vector<Glob>> globs_;  ///< by what stands before the first star
  std::vector<std::size_t> prefix_lengths_;                        ///< of globs_, rising
};

std::string header_key(HeaderMatch const& header) { return header.name + "\n" + header.value + "\n"; }

/// A key for each set of conditions that is part of the route's own; the whole set comes last.
std::vector<std::string> weaker_header_sets(Match const& match) {
  std::vector<std::string> lines;
  lines.reserve(match.headers.size());
  for (auto const& header : match.headers) lines.push_back(header_key(header));
  std::ranges::sort(lines);
  std::vector<std::string> sets;
  if (lines.size() > kMostHeaders) {
    sets.emplace_back();
    sets.emplace_back();
    for (auto const& line : lines) sets.back() += line;
    return sets;
  }
  for (std::size_t chosen = 0; chosen < (std::size_t{1} << lines.size()); ++chosen) {
    sets.emplace_back();
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if ((chosen >> i & 1U) != 0) sets.back() += lines[i];
    }
  }
  return sets;
}

/// The patterns that cover `pattern`: itself, and every prefix pattern above it.
std::vector<std::string> covering_paths(std::string const& pattern) {
  std::vector<std::string> out{pattern};
  for (auto slash = pattern.find('/'); slash != std::string::npos; slash = pattern.find('/', slash + 1)) {
    auto wider = pattern.substr(0, slash + 1) + "*";
    if (wider != pattern) out.push_back(std::move(wider));
  }
  return out;
}

class Earlier {
 public:
  [[nodiscard]] Found find(Match const& match) const {
    auto const sets = weaker_header_sets(match);
    for (auto const& path : covering_paths(match.path)) {
      auto const group = groups_.find(path);
      if (group == groups_.end()) continue;
      for (auto const& headers : sets) {
        if (auto const found = find(group->second, "\n" + headers, match)) return found;
        if (!match.method) continue;
        if (auto const found = find(group->second, *match.method + "\n" + headers, match)) return found;
      }
    }
    return std::nullopt;
  }

  void add(Match const& match, std::size_t route) {
    auto const key = match.method.value_or("") + "\n" + weaker_header_sets(match).back();
    groups_[match.path][key].add(match.model, route);
  }

 private:
  /// Of one path: by method (none: any), a line break, and the set of headers.
  using Group = std::unordered_map<std::string, Models>;

  static Found find(Group const& group, std::string const& key, Match const& match) {
    auto const found = group.find(key);
    return found == group.end() ? std::nullopt : found->second.find(match.model);
  }

  std::unordered_map<std::string_view, Group> groups_;
};

}  // namespace

std::vector<Shadow> find_shadows(std::vector<Route> const& routes) {
  std::vector<Shadow> out;
  Earlier earlier;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (auto const by = earlier.find(routes[i].match)) {
      out.push_back({i, *by});
    } else {
      earlier.add(routes[i].match, i);  // one that is shadowed shadows nothing that its shadow does not
    }
  }
  return out;
}

}  // namespace inferway::config
