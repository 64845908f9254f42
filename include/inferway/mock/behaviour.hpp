#pragma once

#include "inferway/base/error.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace inferway::mock {

/// How the mock answers. Set for the whole server, and by headers `x-mock-NAME: VALUE` for one request.
struct Behaviour {
  std::chrono::milliseconds first_token{0};     ///< from the request's end to the answer's head
  std::chrono::milliseconds token_interval{0};  ///< between two tokens
  std::uint64_t tokens = 16;                    ///< in an answer; the request's own limit may make it fewer
  unsigned status = 200;                        ///< 400 and above: every call of the API is answered by this error
  double fail_rate = 0;                    ///< the share of calls that is answered by 500; which ones, the seed decides
  std::optional<std::uint64_t> cut_after;  ///< the connection is closed after so many tokens, in mid-answer
  std::uint64_t seed = 0;                  ///< changes the text
};

/// Sets one value by its name: first-token, token-interval, tokens, status, fail-rate, cut-after, seed. Durations are
/// 250ms, 2s, 1m, or 0. Errors: bad_request, with a detail that names the value and what was expected.
[[nodiscard]] Result<void> set(Behaviour& behaviour, std::string_view name, std::string_view value);

}  // namespace inferway::mock
