#include "inferway/base/slabs.hpp"

#include <cstdint>
#include <new>
#include <sys/mman.h>

#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(begin, bytes) (static_cast<void>(0))
#define ASAN_UNPOISON_MEMORY_REGION(begin, bytes) (static_cast<void>(0))
#endif

namespace inferway {

namespace {

struct FreeBlock {
  FreeBlock* next;
};

}  // namespace

/// At the slab's beginning, and that stands at a multiple of its size: a block leads to its slab.
struct Slabs::Slab {
  Slab* next = nullptr;
  Slab* previous = nullptr;
  FreeBlock* free = nullptr;    ///< that came back
  std::size_t untouched = 0;    ///< blocks at the end that were never used
  std::size_t blocks_free = 0;  ///< both kinds
};

Slabs::~Slabs() {
  while (available_ != nullptr) {
    auto* const slab = available_;
    unlink(slab);
    unmap(slab);
  }
}

Slabs::Slab* Slabs::map() {
  // Twice as much as is needed holds a multiple of the size; what stands before and behind goes back at once.
  auto const size = slab_bytes_;
  void* const memory = ::mmap(nullptr, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  auto* const begin = static_cast<char*>(memory);
  auto const before = -reinterpret_cast<std::uintptr_t>(begin) & (size - 1);
  if (before > 0) ::munmap(begin, before);
  ::munmap(begin + before + size, size - before);
  ::madvise(begin + before, size, MADV_DONTDUMP);  // heads bear keys, bodies are nobody's business
  ++mapped_;
  ++idle_;
  auto* const slab = new (begin + before) Slab;
  slab->untouched = slab->blocks_free = kBlocks;
  return slab;
}

void Slabs::unmap(Slab* slab) {
  --mapped_;
  ASAN_UNPOISON_MEMORY_REGION(slab, slab_bytes_);
  ::munmap(slab, slab_bytes_);
}

void Slabs::link(Slab* slab) {
  slab->previous = nullptr;
  slab->next = available_;
  if (available_ != nullptr) available_->previous = slab;
  available_ = slab;
}

void Slabs::unlink(Slab* slab) {
  (slab->previous != nullptr ? slab->previous->next : available_) = slab->next;
  if (slab->next != nullptr) slab->next->previous = slab->previous;
}

char* Slabs::take() {
  if (available_ == nullptr) link(map());
  auto* const slab = available_;
  if (slab->blocks_free == kBlocks) --idle_;
  if (--slab->blocks_free == 0) unlink(slab);
  if (slab->free != nullptr) {
    auto* const block = slab->free;
    ASAN_UNPOISON_MEMORY_REGION(block, block_bytes_);
    slab->free = block->next;
    return reinterpret_cast<char*>(block);
  }
  auto const place = kBlocks - --slab->untouched;  // from 1 on: the first one is the slab's own
  return reinterpret_cast<char*>(slab) + place * block_bytes_;
}

void Slabs::give_back(char* block) {
  auto const behind = reinterpret_cast<std::uintptr_t>(block) & (slab_bytes_ - 1);
  auto* const slab = reinterpret_cast<Slab*>(block - behind);
  slab->free = new (block) FreeBlock{slab->free};
  ASAN_POISON_MEMORY_REGION(block, block_bytes_);
  if (++slab->blocks_free == 1) link(slab);
  if (slab->blocks_free < kBlocks) return;
  if (idle_ < kKeptIdle) {
    ++idle_;
  } else {
    unlink(slab);
    unmap(slab);
  }
}

}  // namespace inferway
