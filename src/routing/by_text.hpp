#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace inferway::routing {

/// Not noexcept on purpose: libstdc++ then keeps each key's hash beside it, and a lookup in a full bucket neither
/// hashes nor compares the keys it passes.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

/// Values by a text; looked up by string_view without a copy. Keys come from the configuration alone, so nobody outside
/// can choose them to collide.
template <typename Value>
using ByText = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

}  // namespace inferway::routing
