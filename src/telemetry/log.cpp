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

/// As the configuration names it; spdlog's own names differ ("warning").
std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::trace: return "trace";
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warn: return "warn";
    case LogLevel::error: return "error";
  }
  return "info";
}

void set_pattern(spdlog::logger& logger, LogFormat format) {
  auto const* const pattern =
      format == LogFormat::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v})" : "%Y-%m-%dT%H:%M:%S.%eZ %v";
  logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
}

/// Which of the two patterns is set, and so what the payload has to look like.
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

/// The level and the message, escaped so that it can end neither the line nor a JSON string.
std::string payload_of(LogLevel level, std::string_view message) {
  std::string payload;
  if (current_format == LogFormat::json) {
    payload.append(R"("level":")").append(name_of(level)).append(R"(","message":")");
    append_json_escaped(payload, message);
    payload += '"';
  } else {
    payload.append(name_of(level)).append(" ");
    for (char const c : message) payload += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  }
  return payload;
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
  auto const payload = payload_of(level, message);
  logger().log(level_of(level), spdlog::string_view_t(payload.data(), payload.size()));
}

}  // namespace inferway::telemetry
