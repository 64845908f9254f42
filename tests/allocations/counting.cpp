// Preloaded before the gateway (LD_PRELOAD), it counts the calls of malloc and its family in every thread, in a file
// that the test maps as well. operator new and Asio's aligned_alloc (coroutine frames) end here, too.
#include "ledger.hpp"

#include <cerrno>
#include <cstdlib>
#include <execinfo.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

// glibc's own names for what is replaced here: dlsym would allocate before it had found malloc.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace {

using namespace inferway::allocations;

Ledger* ledger = nullptr;

/// Set while a backtrace is taken, which may allocate itself.
[[gnu::tls_model("initial-exec")]] thread_local bool recording = false;

/// Before main: whatever the program's own constructors allocate is not of interest.
[[gnu::constructor]] void open_ledger() {
  auto const* path = std::getenv("INFERWAY_ALLOCATIONS");  // NOLINT(concurrency-mt-unsafe): before main
  if (path == nullptr) return;
  void* frames[kFrames];
  backtrace(frames, kFrames);  // loads the unwinder
  auto const file = ::open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) std::abort();
  auto* const mapped = ::mmap(nullptr, sizeof(Ledger), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (mapped == MAP_FAILED) std::abort();
  ledger = static_cast<Ledger*>(mapped);
}

void record(Kind kind, std::size_t size) {
  auto const number = ledger->recorded.load(std::memory_order_relaxed);
  if (number >= ledger->wanted.load(std::memory_order_relaxed)) return;
  auto const index = ledger->recorded.fetch_add(1, std::memory_order_relaxed);
  if (index >= kRecords) return;
  recording = true;
  auto& to = ledger->records[index];
  to.kind = kind;
  to.size = size;
  to.thread = static_cast<std::uint32_t>(::gettid());
  to.depth = static_cast<std::uint16_t>(backtrace(to.frames, kFrames));
  recording = false;
}

void count(Kind kind, std::size_t size) {
  if (ledger == nullptr || recording) return;
  auto& calls = kind == Kind::free ? ledger->frees : ledger->allocations;
  calls.fetch_add(1, std::memory_order_relaxed);
  if (kind == Kind::free) return;
  ledger->bytes.fetch_add(size, std::memory_order_relaxed);
  record(kind, size);
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) noexcept {
  count(Kind::malloc, size);
  return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) noexcept {
  count(Kind::calloc, number * size);
  return __libc_calloc(number, size);
}

void* realloc(void* block, std::size_t size) noexcept {
  count(Kind::realloc, size);
  return __libc_realloc(block, size);
}

void free(void* block) noexcept {
  if (block == nullptr) return;
  count(Kind::free, 0);
  __libc_free(block);
}

void* memalign(std::size_t alignment, std::size_t size) noexcept {
  count(Kind::aligned, size);
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept { return memalign(alignment, size); }

int posix_memalign(void** block, std::size_t alignment, std::size_t size) noexcept {
  auto* const got = memalign(alignment, size);
  if (got == nullptr) return ENOMEM;
  *block = got;
  return 0;
}

}  // extern "C"
