#pragma once

#include "inferway/config/config.hpp"
#include "value.hpp"

/// The parts of the file that concern the gateway itself.
namespace inferway::config {

void read_listen(Value const& value, Config& config);
void read_admin(Value const& value, Config& config);
void read_threads(Value const& value, Config& config);
void read_limits(Value const& value, Config& config);
void read_client_timeouts(Value const& value, Config& config);
void read_reload(Value const& value, Config& config);
void read_log(Value const& value, Config& config);

}  // namespace inferway::config
