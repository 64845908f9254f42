#pragma once

#include "inferway/config/config.hpp"
#include "inferway/http/head.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Heads that go upstream, as they may be shown. What is secret is replaced before a head is written, so that no way
/// of writing it can let a secret through.
namespace inferway::cli {

/// The head that an endpoint would get.
struct UpstreamRequest {
  std::string line;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// With another value for every secret that goes upstream.
[[nodiscard]] config::Config masked(config::Config config);

/// The client's, without what is not for people's eyes: credentials, which `pass_headers` may let through, and headers
/// that a route matches by a hidden value.
[[nodiscard]] http::RequestHead masked(http::RequestHead head, config::Config const& config);

/// Some clients put their key into the query, and only Gemini's is taken out.
[[nodiscard]] std::string masked_query(std::string_view query);

/// A head as it was written, line by line.
[[nodiscard]] UpstreamRequest taken_apart(std::string_view head);

}  // namespace inferway::cli
