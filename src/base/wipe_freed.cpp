#include "inferway/base/wipe_freed.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <new>

namespace inferway {
namespace {

constinit thread_local int wiping = 0;

[[gnu::cold, gnu::noinline]] void wipe(void* memory) {
  if (memory != nullptr) explicit_bzero(memory, ::malloc_usable_size(memory));
}

}  // namespace

WipeFreed::WipeFreed() noexcept { ++wiping; }
WipeFreed::~WipeFreed() { --wiping; }

void free_wiping(void* memory) noexcept {
  if (wiping != 0) [[unlikely]]
    wipe(memory);
  std::free(memory);
}

void* realloc_wiping(void* memory, std::size_t bytes) noexcept {
  if (bytes == 0) {
    free_wiping(memory);
    return nullptr;
  }
  if (wiping == 0 || memory == nullptr) return std::realloc(memory, bytes);
  // realloc() itself may move the bytes and leave them behind.
  void* const fresh = std::malloc(bytes);
  if (fresh == nullptr) return nullptr;
  std::memcpy(fresh, memory, std::min(bytes, ::malloc_usable_size(memory)));
  free_wiping(memory);
  return fresh;
}

}  // namespace inferway

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define INFERWAY_OWN_DELETE 0
#else
#define INFERWAY_OWN_DELETE 1
#endif

#if INFERWAY_OWN_DELETE
// The library's other forms (arrays, nothrow) call these; those of over-aligned memory hold no secret. Not inlined, as
// the library's are not: there are thousands of calls, and they would crowd out what is worth it.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  if (void* const memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { inferway::free_wiping(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { inferway::free_wiping(memory); }
#endif
