#include <cstdio>

#include "inferway/cli/commands.hpp"

namespace inferway::cli {
int run_mock(std::span<char const* const>) {
  std::fputs("inferway mock: not built\n", stderr);
  return 1;
}
}  // namespace inferway::cli
