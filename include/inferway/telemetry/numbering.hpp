#pragma once

#include "inferway/telemetry/record.hpp"

#include <cstdint>
#include <vector>

namespace inferway::telemetry {

/// The numbers under which the routes, backends and keys of one configuration are counted, by their index there. A
/// name keeps its number for as long as the process lives, whatever configuration it comes back in: so figures go on
/// where they were, and records on their way to the log mean the same after a reload. See Telemetry::number().
struct Numbering {
  std::vector<std::uint32_t> routes;
  std::vector<std::uint32_t> backends;
  std::vector<std::uint32_t> keys;

  /// Makes the record's indices numbers: once, before it is finished.
  void apply(Record& record) const {
    record.route = of(routes, record.route);
    record.backend = of(backends, record.backend);
    record.key = of(keys, record.key);
  }

 private:
  [[nodiscard]] static std::uint32_t of(std::vector<std::uint32_t> const& numbers, std::uint32_t index) {
    return index < numbers.size() ? numbers[index] : kNoIndex;
  }
};

}  // namespace inferway::telemetry
