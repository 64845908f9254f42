#pragma once

#include <system_error>

namespace inferway::app {

/// Denies this process, for good, what no gateway does and what those who broke into one would try: see the list.
/// Whatever is not in it is allowed, and nothing kills: a call that somebody forgot must not end the service, so what
/// is denied fails as if the kernel lacked it or the privilege were missing. Called while there is one thread. The
/// process that follows in an upgrade has this filter and its own: the kernel bounds their number at some two hundred.
[[nodiscard]] std::error_code filter_system_calls();

}  // namespace inferway::app
