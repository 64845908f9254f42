// Who is refused under overload before the hard limits refuse everybody.

#include "exchange.hpp"

#include <cstdint>
#include <vector>

namespace inferway::proxy {

namespace {

std::vector<std::int64_t> priorities(config::Config const& config) {
  std::vector<std::int64_t> out;
  out.reserve(config.routes.size());
  for (auto const& route : config.routes) out.push_back(route.priority);
  return out;
}

}  // namespace

Proxy::Proxy(net::Loop& loop, Snapshot const& snapshot, upstream::Upstream& upstream, BufferedBytes& buffered,
             LoadMeter const& load, telemetry::Shard& shard)
    : loop_(loop),
      snapshot_(snapshot),
      upstream_(upstream),
      buffered_(buffered),
      load_(load),
      shedding_(priorities(snapshot.config)),
      shard_(shard) {}

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
