#pragma once

#include <algorithm>
#include <string_view>

/// How each enumerator of config.hpp is written in the file, in the enumerators' order.
namespace inferway::config {

inline constexpr std::string_view kApiNames[] = {"openai", "anthropic", "gemini", "ollama"};
inline constexpr std::string_view kBalanceNames[] = {"round_robin", "least_requests", "ewma",
                                                     "prefix",      "session",        "load"};
inline constexpr std::string_view kOnClientCancelNames[] = {"abort", "drain"};
inline constexpr std::string_view kLogLevelNames[] = {"trace", "debug", "info", "warn", "error"};
inline constexpr std::string_view kLogFormatNames[] = {"json", "text"};
inline constexpr std::string_view kRetryOnNames[] = {"connect", "timeout", "429",        "5xx",
                                                     "cut",     "stall",   "bad_stream", "in_band_error"};
inline constexpr std::string_view kGuardedHeaderNames[] = {"authorization", "proxy-authorization", "x-api-key",
                                                           "api-key",       "x-goog-api-key",      "cookie"};
inline constexpr std::string_view kResumeNames[] = {"off", "continue_final_message", "assistant_prefill"};

/// Names of backends and keys stand in metrics, logs, errors and (later) URLs of the admin API, unescaped.
[[nodiscard]] inline bool is_plain_name(std::string_view name) {
  constexpr std::size_t kLongestName = 64;
  bool const known = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
  return known && !name.empty() && name.size() <= kLongestName;
}

}  // namespace inferway::config
