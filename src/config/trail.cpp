#include "trail.hpp"

namespace inferway::config {

std::string to_string(Trail const& trail) {
  if (trail.parent == nullptr) return {};
  std::string out = to_string(*trail.parent);
  if (trail.key.empty()) {
    out += '[';
    out += std::to_string(trail.index);
    out += ']';
    return out;
  }
  if (!out.empty()) out += '.';
  out += trail.key;
  return out;
}

}  // namespace inferway::config
