#pragma once

namespace inferway::detail {
/// Prints the broken assumption to stderr and aborts.
[[noreturn]] void assertion_failed(char const* expression, char const* file, int line);
}  // namespace inferway::detail

/// For what only a bug of our own can break. Stays on in release builds; never for input from outside.
#define INFERWAY_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::inferway::detail::assertion_failed(#expression, __FILE__, __LINE__))
