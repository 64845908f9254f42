#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bench {

/// RLIMIT_NOFILE up to its hard limit.
void raise_file_limit();

/// Waits of this process end when they are due, not up to 50 us later.
void sharpen_timers();

/// A listener on 127.0.0.1, non-blocking.
int listen_on(std::uint16_t port);

/// The next waiting connection, non-blocking, without Nagle's delay; -1 when there is none.
int accept_from(int listener);

/// A connection to 127.0.0.1 that is under way: what is sent before it stands waits for EPOLLOUT. `number` spreads the
/// connections over source addresses 127.0.0.2, 127.0.0.3, ...: each has ports for so many.
int connect_to(std::uint16_t port, std::size_t number);

/// Closes with a reset instead of an orderly end.
void reset(int descriptor);

/// What recv() says: bytes, nothing yet, or the end of the connection (however it came).
enum class Received : std::uint8_t { bytes, nothing, end };

/// Receives into `space` and leaves in `bytes` what came.
Received receive(int descriptor, char* space, std::size_t size, std::string_view& bytes);

}  // namespace bench
