#pragma once

#include "inferway/config/config.hpp"
#include "inferway/http/head.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace inferway::cli {

/// The request that `explain` is asked about, as the command line says it.
struct Question {
  std::string method;
  std::string target;  ///< path and query
  std::vector<std::string> headers;
  std::optional<std::string> model;
  std::optional<std::string> body;
};

/// The same request as a client would send it.
struct SampleRequest {
  std::string head;  ///< its bytes: Host and the body's framing are added where the question does not say them
  std::string body;
  bool body_made_up = false;  ///< of the model alone: how long the real one is, nobody knows
  bool host_made_up = false;
};

/// Errors: what can be no request, or cannot be asked.
[[nodiscard]] std::expected<SampleRequest, std::string> sample_request(Question const& question);

/// Reads the head as a session does. `head` views `bytes`.
[[nodiscard]] Result<void> read_head(http::RequestHead& head, std::string_view bytes, config::Limits const& limits);

}  // namespace inferway::cli
