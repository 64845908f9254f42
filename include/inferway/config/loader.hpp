#pragma once

#include "inferway/config/config.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace inferway::config {

/// One thing to mend in a file. `message` names the value, what was expected and the nearest known key.
struct Problem {
  Position position;
  std::string message;
};

/// What loading a file gave. A configuration is accepted whole or refused whole: `config` is set only when `errors`
/// is empty. Nothing here contains the value of a secret.
struct Loaded {
  std::optional<Config> config;
  std::vector<Problem> errors;
  std::vector<Problem> warnings;  ///< legal, but surely not meant: an unreachable route
};

/// Looks up a variable of the environment; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(std::string const& name)>;

/// Reads and validates a file. A file that cannot be read is one error at position 0:0. `environment` by default asks
/// the process's. Blocking; not for workers.
[[nodiscard]] Loaded load_file(std::string const& path, Environment const& environment = {});

/// The same for text that is already in memory; `file` is the name used in messages and the place that relative
/// ${file:...} paths start from.
[[nodiscard]] Loaded load_text(std::string_view text, std::string const& file, Environment const& environment = {});

/// "file:line:column: message", as compilers print it; without line and column where they are unknown.
[[nodiscard]] std::string to_string(std::string const& file, Problem const& problem);

}  // namespace inferway::config
