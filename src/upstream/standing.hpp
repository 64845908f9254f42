#pragma once

#include "inferway/balance/health.hpp"

#include <string_view>

namespace inferway::upstream {

/// As metrics and the admin API say it.
[[nodiscard]] constexpr std::string_view name(balance::Standing standing) {
  using enum balance::Standing;
  switch (standing) {
    case up: return "up";
    case starting: return "starting";
    case unhealthy: return "unhealthy";
    case ejected: return "ejected";
    case resting: return "resting";
    case drained: return "drained";
    case disabled: return "disabled";
  }
  return "";
}

[[nodiscard]] constexpr std::string_view name(balance::AdminState state) {
  switch (state) {
    case balance::AdminState::enabled: return "enabled";
    case balance::AdminState::drained: return "drained";
    case balance::AdminState::disabled: return "disabled";
  }
  return "";
}

/// As the log says it, after "is".
[[nodiscard]] constexpr std::string_view in_words(balance::Standing standing) {
  return standing == balance::Standing::starting ? "back, and starts slowly" : name(standing);
}

}  // namespace inferway::upstream
