// Who is refused under overload before the hard limits refuse everybody.

#include "exchange.hpp"

#include <cstdint>

namespace inferway::proxy {

/// Refuses a request of that priority while lower ones have to go. The client's connection ends with the answer: it is
/// what there may be too many of.
Result<void> Exchange::shed(std::int64_t priority) {
  auto& shedding = proxy_.shedding_;
  if (!shedding.possible()) return {};
  shedding.update(policy::overload_level(proxy_.load_.pressure(proxy_.snapshot_.config.limits)));
  if (!shedding.refuses(priority)) return {};
  record_.shed = true;
  record_.priority = priority;
  return gateway_error(ErrorCode::overloaded,
                       "the gateway is overloaded, and requests of a higher priority come first");
}

}  // namespace inferway::proxy
