#include "model_index.hpp"

#include "inferway/base/text.hpp"

#include <algorithm>

namespace inferway::routing {

void ModelIndex::add(std::string_view pattern, std::size_t route) {
  auto const star = pattern.find('*');
  if (star == std::string_view::npos) {
    exact_.try_emplace(std::string(pattern), route);  // a second route for the same model never has its turn
    return;
  }
  auto const front = pattern.substr(0, star);
  auto const back = pattern.substr(pattern.rfind('*') + 1);
  if (front.size() >= back.size()) {
    fronts_.add(front, pattern, route);
  } else {
    backs_.add(back, pattern, route);
  }
}

void ModelIndex::Globs::add(std::string_view end, std::string_view pattern, std::size_t route) {
  auto& globs = by_end[std::string(end)];
  globs.push_back({.pattern = std::string(pattern), .route = route});
  auto const place = std::ranges::lower_bound(sizes, end.size());
  if (place == sizes.end() || *place != end.size()) sizes.insert(place, end.size());
}

std::size_t ModelIndex::first(std::string_view model, std::size_t below) const {
  if (auto const found = exact_.find(model); found != exact_.end()) below = std::min(below, found->second);
  for (auto const size : fronts_.sizes) {
    if (size > model.size()) break;
    auto const found = fronts_.by_end.find(model.substr(0, size));
    if (found != fronts_.by_end.end()) below = first_of(found->second, model, below);
  }
  for (auto const size : backs_.sizes) {
    if (size > model.size()) break;
    auto const found = backs_.by_end.find(model.substr(model.size() - size));
    if (found != backs_.by_end.end()) below = first_of(found->second, model, below);
  }
  return below;
}

std::size_t ModelIndex::first_of(std::vector<Glob> const& globs, std::string_view model, std::size_t below) {
  for (auto const& glob : globs) {
    if (glob.route >= below) break;
    if (glob_match(glob.pattern, model)) return glob.route;
  }
  return below;
}

}  // namespace inferway::routing
