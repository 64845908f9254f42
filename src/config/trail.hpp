#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace inferway::config {

/// The way from the root of the file to a value, as people write it: backends.llama.endpoints[0].weight. A chain of
/// steps on the stack, put into words only when there is something to complain about.
struct Trail {
  Trail const* parent = nullptr;  ///< outlives this one
  std::string_view key;           ///< of a mapping; empty: `index` of a list
  std::size_t index = 0;
};

/// "" for the root.
[[nodiscard]] std::string to_string(Trail const& trail);

}  // namespace inferway::config
