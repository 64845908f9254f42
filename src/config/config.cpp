#include "inferway/config/config.hpp"

#include "names.hpp"

#include <utility>

namespace inferway::config {

std::string_view name(Api api) { return kApiNames[std::to_underlying(api)]; }
std::string_view name(Balance balance) { return kBalanceNames[std::to_underlying(balance)]; }
std::string_view name(GuardedHeader header) { return kGuardedHeaderNames[std::to_underlying(header)]; }
std::string_view name(RetryOn on) { return kRetryOnNames[std::to_underlying(on)]; }

UpstreamTimeouts merged(UpstreamTimeouts const& base, TimeoutOverrides const& over) {
  return {
      .connect = over.connect.value_or(base.connect),
      .first_byte = over.first_byte.value_or(base.first_byte),
      .first_content = over.first_content ? over.first_content : base.first_content,
      .idle = over.idle.value_or(base.idle),
      .total = over.total.value_or(base.total),
  };
}

}  // namespace inferway::config
