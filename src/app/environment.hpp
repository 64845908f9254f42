#pragma once

#include <cstdlib>
#include <string>

namespace inferway::app {

/// The variable's value, which goes from the environment: it was for this process alone. "" when it is not set. Only
/// while there is one thread.
[[nodiscard]] inline std::string take_variable(char const* name) {
  char const* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): no other thread runs yet
  std::string out = value == nullptr ? "" : value;
  ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe): likewise
  return out;
}

}  // namespace inferway::app
