#pragma once

#include "inferway/config/config.hpp"

namespace inferway::app {

/// Serves a configuration until SIGTERM or SIGINT, then drains: no new connections, streams in flight go on for
/// timeouts.drain; a second signal ends at once. Returns the exit status: 0 after a drain, even if streams had to be
/// cut; 1 when it could not start (the cause is logged). Blocks; called once, from the main thread, before others run.
[[nodiscard]] int serve(config::Config config);

}  // namespace inferway::app
