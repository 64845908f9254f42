#pragma once

#include "inferway/config/config.hpp"
#include "value.hpp"

#include <cstddef>
#include <string>
#include <unordered_map>

namespace inferway::config {

/// Reads `backends` into config.backends, in the order of the file. At least one is required.
void read_backends(Value const& value, Config& config);

/// Finds backends for the routes that name them.
class BackendNames {
 public:
  explicit BackendNames(std::vector<Backend> const& backends);

  /// The index of the backend that `value` names; 0 and an error, with the nearest name, when there is none.
  [[nodiscard]] std::size_t resolve(Value const& value) const;

 private:
  std::vector<std::string_view> names_;
  std::unordered_map<std::string_view, std::size_t> index_;
};

}  // namespace inferway::config
