#pragma once

#include "inferway/config/config.hpp"

#include <cstdint>
#include <string_view>

/// The operational log: what an operator acts on. To stderr, one line an event. Safe from any thread; not for requests
/// (those have the access log). Never a key or a prompt. spdlog stands behind it, in one .cpp, because its header is
/// slow to compile.
namespace inferway::telemetry {

void set_log_level(config::LogLevel level, config::LogFormat format);
[[nodiscard]] bool log_enabled(config::LogLevel level);
/// Does not wait: a line that stderr does not take now is lost, and counted.
void log(config::LogLevel level, std::string_view message);
[[nodiscard]] std::uint64_t log_lines_lost();

inline void log_info(std::string_view message) { log(config::LogLevel::info, message); }
inline void log_warn(std::string_view message) { log(config::LogLevel::warn, message); }
inline void log_error(std::string_view message) { log(config::LogLevel::error, message); }

}  // namespace inferway::telemetry
