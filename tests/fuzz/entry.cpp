// What libFuzzer calls.

#include "fuzz.hpp"

#include <cstddef>
#include <cstdint>

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  inferway::fuzz::one_input({reinterpret_cast<char const*>(data), size});
  return 0;
}
