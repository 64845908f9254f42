#pragma once

#include "inferway/http/head.hpp"

#include <chrono>
#include <optional>

namespace inferway::http {

/// How long an answer asks not to be asked again: `retry-after-ms` (milliseconds, as some APIs of models say it), else
/// Retry-After, in seconds or as a date (RFC 9110 section 10.2.3). A date that has passed is 0; what is in no form is
/// nothing. At most a year, so that it can be reckoned with.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_after(ResponseHead const& head,
                                                                   std::chrono::system_clock::time_point now);

}  // namespace inferway::http
