#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace inferway::config {

/// The largest configuration that is read.
inline constexpr std::size_t kMostConfigurationBytes = 64 * 1024 * 1024;

/// The whole content of a file (or pipe). The error is what the system says: "No such file or directory"; files above
/// `max_bytes` are refused.
[[nodiscard]] std::expected<std::string, std::string> read_source(std::string const& path, std::size_t max_bytes);

}  // namespace inferway::config
