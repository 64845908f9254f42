#pragma once

#include <cstdint>

namespace inferway::telemetry {

/// What the kernel says about this process. A few system calls; a figure it does not give is 0.
struct ProcessFigures {
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t max_descriptors = 0;
  std::uint64_t cpu_ns = 0;  ///< user and system
};

[[nodiscard]] ProcessFigures process_figures();

}  // namespace inferway::telemetry
