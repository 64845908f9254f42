#pragma once

#include <chrono>
#include <string>

namespace inferway::http {

/// A time as Date fields write it: "Sun, 06 Nov 1994 08:49:37 GMT". RFC 9110 section 5.6.7.
[[nodiscard]] std::string format_date(std::chrono::system_clock::time_point time);

}  // namespace inferway::http
