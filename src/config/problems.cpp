#include "problems.hpp"

#include <algorithm>
#include <tuple>

namespace inferway::config {

void Problems::Bounded::add(Position position, std::string message) {
  if (list.size() >= kMostOfAKind) {
    ++left_out;
    return;
  }
  auto const place = std::ranges::upper_bound(
      list, std::tuple(position.line, position.column), {},
      [](Problem const& problem) { return std::tuple(problem.position.line, problem.position.column); });
  list.insert(place, {position, std::move(message)});
}

std::vector<Problem> Problems::Bounded::take() {
  if (left_out > 0) list.push_back({{}, "and " + std::to_string(left_out) + " more like these, not shown"});
  return std::move(list);
}

void Problems::move_to(Loaded& loaded) {
  loaded.errors = errors_.take();
  loaded.warnings = warnings_.take();
}

}  // namespace inferway::config
