#pragma once

#include "inferway/base/error.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
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
  std::optional<std::uint64_t> cut_bytes;  ///< or after so many bytes of the answer, its head and framing included
  bool reset = false;                      ///< a connection that is cut or closed ends by a reset
  std::optional<std::uint64_t> stall_after;  ///< nothing more comes after so many tokens, and the connection stays open
  std::optional<std::uint64_t> error_after;  ///< a stream ends after so many tokens by an error event
  std::string error_code = "server_error";   ///< which says this
  std::string error_message = "The mock was told to fail here.";
  double close_rate = 0;                     ///< the share of calls whose connection is closed instead of an answer
  double stall_head = 0;                     ///< the share of calls that are never answered
  std::uint64_t early_hints = 0;             ///< so many answers of status 103 come before each one
  std::chrono::milliseconds retry_after{0};  ///< in answers of status 429, 503 and 529; 0: not in them
  std::chrono::milliseconds idle_close{0};   ///< a kept connection is closed when idle for a random time up to this
  std::uint64_t seed = 0;                    ///< changes the text
};

/// Sets one value by its name, which is the member's with hyphens: first-token, cut-after, ... Durations are 250ms, 2s,
/// 1m, or 0; what may be true or false is written so. Errors: bad_request, with a detail that names the value and what
/// was expected.
[[nodiscard]] Result<void> set(Behaviour& behaviour, std::string_view name, std::string_view value);

}  // namespace inferway::mock
