#pragma once

#include <expected>
#include <string>
#include <vector>

namespace inferway::app {

/// What `serve` gives away before it reads anything; docs/hardening.md says what is left.
struct Confinement {
  std::string user;  ///< NAME[:GROUP] or UID:GID to become; "": whoever started it
  bool filter_system_calls = false;
};

/// In force for this process and all that it starts, for good. Called once, while there is one thread: the kernel keeps
/// most of it by thread. What the kernel would not do comes back as warnings, since the gateway serves without it. The
/// error is that it cannot become `user`.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> confine(Confinement const& wanted);

}  // namespace inferway::app
