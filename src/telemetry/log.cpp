#include "inferway/telemetry/log.hpp"

#include "inferway/base/text.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <poll.h>
#include <string>
#include <unistd.h>

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

std::atomic<std::uint64_t> lost_lines{0};

/// A pipe or terminal that nobody reads must not hold up a worker, nor two of them at once.
bool stderr_takes_a_line() {
  pollfd ready{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  return ::poll(&ready, 1, 0) != 0;
}

}  // namespace

void set_log_level(LogLevel level, LogFormat format) {
  set_pattern(logger(), format);
  current_format = format;
  logger().set_level(level_of(level));
}

std::uint64_t log_lines_lost() { return lost_lines.load(std::memory_order_relaxed); }

bool log_enabled(LogLevel level) { return logger().should_log(level_of(level)); }

void log(LogLevel level, std::string_view message) {
  if (!log_enabled(level)) return;
  auto const payload = payload_of(level, message);
  // A pipe that poll() calls writable takes a line as a whole (PIPE_BUF), as long as no other thread is quicker.
  static std::mutex one_at_a_time;
  std::scoped_lock const lock(one_at_a_time);
  if (!stderr_takes_a_line()) {
    lost_lines.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  logger().log(level_of(level), spdlog::string_view_t(payload.data(), payload.size()));
}

}  // namespace inferway::telemetry
