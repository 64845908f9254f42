#include "inferway/telemetry/log.hpp"

#include "inferway/base/text.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>
#include <string>

namespace inferway::telemetry {

namespace {

using config::LogFormat;
using config::LogLevel;

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::trace: return spdlog::level::trace;
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warn: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

void set_pattern(spdlog::logger& logger, LogFormat format) {
  auto const* const pattern = format == LogFormat::json
                                  ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":"%v"})"
                                  : "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
  logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
}

/// What the pattern puts around the message; the message is escaped accordingly, so that it can end neither a line nor
/// a JSON string.
std::atomic<LogFormat> current_format{LogFormat::text};

/// Never destroyed: a thread may still have something to say while the process ends.
spdlog::logger& logger() {
  static auto* const kLogger = [] {
    auto* const made = new spdlog::logger("inferway", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    set_pattern(*made, LogFormat::text);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *kLogger;
}

}  // namespace

void set_log_level(LogLevel level, LogFormat format) {
  set_pattern(logger(), format);
  current_format = format;
  logger().set_level(level_of(level));
}

bool log_enabled(LogLevel level) { return logger().should_log(level_of(level)); }

void log(LogLevel level, std::string_view message) {
  if (!log_enabled(level)) return;
  std::string escaped;
  escaped.reserve(message.size());
  if (current_format == LogFormat::json) {
    append_json_escaped(escaped, message);
  } else {
    for (char const c : message) escaped += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  }
  logger().log(level_of(level), spdlog::string_view_t(escaped.data(), escaped.size()));
}

}  // namespace inferway::telemetry
