#pragma once

namespace inferway::net {

/// Connections that may wait to be accepted; the kernel cuts it to net.core.somaxconn.
inline constexpr int kBacklog = 4096;

}  // namespace inferway::net
