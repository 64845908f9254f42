#pragma once

#include <cstddef>

namespace inferway {

/// While one lives, whatever its thread frees by `operator delete` or free_wiping() is zeroed first: for work with
/// secrets in libraries and strings that know nothing of them (a configuration being parsed, a key being decoded). What
/// is still in use afterwards is not touched. Not for the path of a request: it is paid for by the byte. Builds with
/// sanitizers wipe only through free_wiping(): there `operator delete` is the sanitizer's.
class WipeFreed {
 public:
  WipeFreed() noexcept;
  WipeFreed(WipeFreed const&) = delete;
  WipeFreed& operator=(WipeFreed const&) = delete;
  ~WipeFreed();
};

/// As free() and realloc(), for libraries that can be told what to use.
void free_wiping(void* memory) noexcept;
[[nodiscard]] void* realloc_wiping(void* memory, std::size_t bytes) noexcept;

}  // namespace inferway
