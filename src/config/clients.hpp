#pragma once

#include "inferway/config/config.hpp"
#include "value.hpp"

/// Who may connect, how often, and who is believed about others.
namespace inferway::config {

/// `listen` is known already.
void read_clients(Value const& value, Config& config);
/// Whether a listener's connections begin with a PROXY header. `listen`: its address.
[[nodiscard]] bool read_proxy_protocol(Value const& value, std::optional<Listen> const& listen);

}  // namespace inferway::config
