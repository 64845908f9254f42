#include "inferway/base/secret_memory.hpp"

#include <atomic>
#include <cstring>
#include <memory_resource>
#include <sys/mman.h>

namespace inferway {
namespace {

/// Whole pages, marked so that the kernel leaves them out of a dump.
class Pages : public std::pmr::memory_resource {
  void* do_allocate(std::size_t bytes, std::size_t) override {
    void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    // Where the kernel does not know it, the process is still kept from dumping as a whole.
    ::madvise(memory, bytes, MADV_DONTDUMP);
    return memory;
  }
  void do_deallocate(void* memory, std::size_t bytes, std::size_t) override { ::munmap(memory, bytes); }
  [[nodiscard]] bool do_is_equal(memory_resource const& other) const noexcept override { return this == &other; }
};

/// Held for the few instructions that the pool needs.
class Hold {
 public:
  explicit Hold(std::atomic_flag& taken) : taken_(taken) {
    while (taken_.test_and_set(std::memory_order_acquire)) taken_.wait(true, std::memory_order_relaxed);
  }
  Hold(Hold const&) = delete;
  Hold& operator=(Hold const&) = delete;
  ~Hold() {
    taken_.clear(std::memory_order_release);
    taken_.notify_one();
  }

 private:
  std::atomic_flag& taken_;
};

struct Memory {
  Pages pages;
  std::pmr::unsynchronized_pool_resource pool{&pages};
  std::atomic_flag taken;
};

/// Never destroyed: secrets in objects of static storage go back to it when everything else has ended.
Memory& memory() {
  static Memory& memory = *new Memory;
  return memory;
}

}  // namespace

void* take_secret_memory(std::size_t bytes, std::size_t alignment) {
  auto& all = memory();
  Hold const hold(all.taken);
  return all.pool.allocate(bytes, alignment);
}

void give_back_secret_memory(void* memory_to_free, std::size_t bytes, std::size_t alignment) noexcept {
  explicit_bzero(memory_to_free, bytes);
  auto& all = memory();
  Hold const hold(all.taken);
  all.pool.deallocate(memory_to_free, bytes, alignment);
}

}  // namespace inferway
