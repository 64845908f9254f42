#pragma once

#include "inferway/upstream/upstream.hpp"

#include <string>
#include <vector>

namespace inferway::upstream {

/// The endpoints of one backend, at addresses where nobody listens.
class OneBackend {
 public:
  explicit OneBackend(std::size_t endpoints, config::Backend backend = {})
      : directory(with_endpoints(endpoints, std::move(backend)), resolver_), state(directory[0]) {}

  [[nodiscard]] EndpointStatus& status(std::size_t endpoint) const { return state.endpoints[endpoint]->status; }
  [[nodiscard]] balance::Standing standing(std::size_t endpoint, TimePoint now) const {
    return status(endpoint).health.standing(now);
  }
  [[nodiscard]] bool troubled() const { return state.state->health.troubled.load(); }
  void fail(std::size_t endpoint, int times, TimePoint now) const {
    for (int i = 0; i < times; ++i) report_failure(state, endpoint, config::RetryOn::status_5xx, now);
  }

 private:
  static std::vector<config::Backend> with_endpoints(std::size_t count, config::Backend backend) {
    backend.name = "main";
    for (std::size_t i = 0; i < count; ++i) {
      auto const authority = "127.0.0." + std::to_string(i + 1) + ":1";
      backend.endpoints.push_back({.url = "http://" + authority,
                                   .tls = false,
                                   .host = "127.0.0." + std::to_string(i + 1),
                                   .port = 1,
                                   .unix_path = {},
                                   .authority = authority,
                                   .path = {}});
    }
    return {backend};
  }

  net::Resolver resolver_{[] {}};

 public:
  Directory directory;
  Backend& state;
};

}  // namespace inferway::upstream
