#pragma once

#include "inferway/policy/request_rate.hpp"

#include <string>

namespace inferway::policy {

/// A refusal as header fields say it. Times are rounded up, so that who waits that long finds a token.
struct RateFields {
  std::string retry_after;     ///< Retry-After: whole seconds, 1 at least (RFC 9110 section 10.2.3)
  std::string retry_after_ms;  ///< retry-after-ms, which SDKs read first
  std::string limit;           ///< x-ratelimit-limit-requests
  std::string reset;           ///< x-ratelimit-reset-requests, as OpenAI writes durations: 120ms, 1.5s, 1m0s
};
[[nodiscard]] RateFields rate_fields(RequestRate::Refusal const& refusal, std::uint32_t limit);

}  // namespace inferway::policy
