#pragma once

#include "inferway/balance/random.hpp"
#include "inferway/base/secret.hpp"
#include "inferway/net/loop.hpp"
#include "inferway/upstream/upstream.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace inferway::upstream {

/// Asks the endpoints of backends with health.path, once for the process, whether they are well: GET, on a connection
/// of its own, over TLS or a Unix socket where the endpoint has these; 2xx is well, all else is not. Spread over time:
/// the first check of an endpoint is within a second, the others `interval` apart, give or take a tenth. Also says what
/// changes by the mere passing of time (settle()).
///
/// It lives as long as its configuration is in force; what it finds out stands in the endpoints, and survives it. Where
/// a backend has no checks (any more), its endpoints are not held to be unhealthy. Loop thread only.
class HealthChecker {
 public:
  static constexpr std::size_t kMostAnswerBytes = 64 * 1024;  ///< of head and body; what is more is not waited for

  /// `fields`: by backend, what each of its requests bears (key, headers) as header text. The directory outlives it.
  HealthChecker(net::Loop& loop, Directory& directory, std::vector<Secret> const& fields, std::uint64_t seed);
  HealthChecker(HealthChecker const&) = delete;
  HealthChecker& operator=(HealthChecker const&) = delete;
  /// Ends the checks under way; they count for nothing.
  ~HealthChecker();

 private:
  class Check;
  class Settling;

  balance::Random random_;
  std::unique_ptr<Settling> settling_;
  std::vector<std::shared_ptr<Check>> checks_;
};

}  // namespace inferway::upstream
