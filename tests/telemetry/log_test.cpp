#include "inferway/telemetry/log.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace inferway::telemetry {
namespace {

using config::LogFormat;
using config::LogLevel;

std::string logged(LogLevel level, LogFormat format, LogLevel of, std::string_view message) {
  testing::internal::CaptureStderr();
  set_log_level(level, format);
  log(of, message);
  return testing::internal::GetCapturedStderr();
}

TEST(Log, writes_json_that_any_message_leaves_valid) {
  auto const line = logged(LogLevel::info, LogFormat::json, LogLevel::error, "cannot open \"x\\y\"\nagain");
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  auto const parsed = nlohmann::json::parse(line);
  EXPECT_EQ(parsed.at("level"), "error");
  EXPECT_EQ(parsed.at("message"), "cannot open \"x\\y\"\nagain");
  EXPECT_EQ(parsed.at("time").get<std::string>().size(), std::string_view("2026-01-02T03:04:05.678Z").size());
}

TEST(Log, writes_text_on_one_line) {
  auto const line = logged(LogLevel::info, LogFormat::text, LogLevel::warn, "two\nlines {} %v");
  EXPECT_TRUE(line.ends_with("Z warn two lines {} %v\n")) << line;
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(Log, leaves_out_what_is_below_the_level) {
  EXPECT_EQ(logged(LogLevel::warn, LogFormat::text, LogLevel::info, "x"), "");
  EXPECT_FALSE(log_enabled(LogLevel::info));
  EXPECT_TRUE(log_enabled(LogLevel::warn));
  EXPECT_NE(logged(LogLevel::trace, LogFormat::text, LogLevel::trace, "x"), "");
}

}  // namespace
}  // namespace inferway::telemetry
