#pragma once

#include "by_text.hpp"

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace inferway::routing {

/// No route.
inline constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

/// Which route comes first for a model, among routes that differ in nothing but the model they want.
///
/// Exact names cost one lookup. A glob is filed under the longer of its literal ends ("gpt-4*" under its front,
/// "*-vision" under its back): one lookup for each length that occurs, so at most one per byte of the model. Globs that
/// share that end (all of the kind "*x*" do: it is empty) are tried one by one.
class ModelIndex {
 public:
  /// Routes are added in the order of the file.
  void add(std::string_view pattern, std::size_t route);

  /// The first route that takes `model`, if it comes before `below`; else `below`. Allocates nothing.
  [[nodiscard]] std::size_t first(std::string_view model, std::size_t below) const;

 private:
  struct Glob {
    std::string pattern;
    std::size_t route;
  };
  struct Globs {
    void add(std::string_view end, std::string_view pattern, std::size_t route);

    ByText<std::vector<Glob>> by_end;
    std::vector<std::size_t> sizes;  ///< of the ends, each once, ascending
  };
  [[nodiscard]] static std::size_t first_of(std::vector<Glob> const& globs, std::string_view model, std::size_t below);

  ByText<std::size_t> exact_;
  Globs fronts_;
  Globs backs_;
};

}  // namespace inferway::routing
