#pragma once

#include <cstdint>

namespace inferway::app {

/// Cores this process may use: its affinity, and the cgroup's CPU quota rounded up. At least 1.
[[nodiscard]] std::uint32_t usable_cores();

/// Raises RLIMIT_NOFILE to its hard limit. Returns the client connections it allows for, of `wanted`: each may need a
/// second descriptor for its backend.
[[nodiscard]] std::uint64_t allowed_connections(std::uint64_t wanted);

}  // namespace inferway::app
