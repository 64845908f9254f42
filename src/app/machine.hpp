#pragma once

#include <cstdint>
#include <string>

namespace inferway::app {

/// Cores this process may use: its affinity, and the cgroup's CPU quota rounded up. At least 1.
[[nodiscard]] std::uint32_t usable_cores();

/// What the CPU quotas of this process's control group and those above it allow, rounded up; the largest number where
/// there is none. `mounted`: where control groups are; `membership`: the file that says which is ours. Versions 1
/// and 2.
[[nodiscard]] std::uint32_t cores_of_cgroup(std::string const& mounted, std::string const& membership);

/// Raises RLIMIT_NOFILE to its hard limit. Returns the client connections it allows for, of `wanted`: each may need a
/// second descriptor for its backend.
[[nodiscard]] std::uint64_t allowed_connections(std::uint64_t wanted);

}  // namespace inferway::app
