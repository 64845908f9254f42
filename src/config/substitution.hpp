#pragma once

#include "inferway/config/loader.hpp"
#include "problems.hpp"
#include "yaml_tree.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace inferway::config {

/// Asks the environment of this process.
[[nodiscard]] std::optional<std::string> process_environment(std::string const& name);

/// Where ${...} gets its values from.
struct Sources {
  Environment environment;
  std::string directory;  ///< relative ${file:PATH}s start here
};

/// `text` with every ${NAME}, ${NAME:-fallback} (taken when NAME is unset or empty) and ${file:PATH} (one trailing
/// newline cut) replaced; "$${" stands for "${", and what was put in is not looked at again. The error says what is
/// wrong without showing any value.
[[nodiscard]] std::expected<std::string, std::string> substitute(std::string_view text, Sources const& sources);

/// Substitutes in all values of the tree, never in keys. What cannot be replaced is an error, and the value becomes
/// null with `substituted` set, so that nothing more is said about it.
void substitute_all(Tree const& tree, Sources const& sources, Problems& problems);

}  // namespace inferway::config
