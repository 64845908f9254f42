#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace inferway::http {

/// A time as Date fields write it: "Sun, 06 Nov 1994 08:49:37 GMT". RFC 9110 section 5.6.7.
[[nodiscard]] std::string format_date(std::chrono::system_clock::time_point time);
/// The same read, to the second (a finer clock does not reach the year 9999). The two obsolete forms are none: nobody
/// writes them any more. The name of the day is not compared.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_date(std::string_view text);

}  // namespace inferway::http
