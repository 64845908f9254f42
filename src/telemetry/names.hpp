#pragma once

#include "inferway/config/config.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace inferway::telemetry {

/// The names behind the indices in records and shards. "" for an index that names nothing: no route was found, no
/// backend was tried, no known key presented.
class Names {
 public:
  explicit Names(config::Config const& config);

  [[nodiscard]] std::string_view route(std::uint32_t index) const { return at(routes_, index); }
  [[nodiscard]] std::string_view backend(std::uint32_t index) const { return at(backends_, index); }
  [[nodiscard]] std::string_view key(std::uint32_t index) const { return at(keys_, index); }
  [[nodiscard]] std::size_t backend_count() const { return backends_.size(); }

 private:
  [[nodiscard]] static std::string_view at(std::vector<std::string> const& names, std::uint32_t index) {
    return index < names.size() ? std::string_view(names[index]) : std::string_view();
  }

  std::vector<std::string> routes_;
  std::vector<std::string> backends_;
  std::vector<std::string> keys_;
};

}  // namespace inferway::telemetry
