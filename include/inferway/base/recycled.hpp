#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <utility>

namespace inferway {

/// Base of a class of which one object comes for each request: the memory of those that went serves the next ones.
/// Each thread keeps up to kMostSpare of them. `Derived` must be final, and no other class may inherit from it.
template <typename Derived>
class Recycled {
 public:
  static constexpr std::size_t kMostSpare = 32;

  [[nodiscard]] static void* operator new(std::size_t size) {
    auto& spare = spares();
    if (spare.count > 0) return spare.memory[--spare.count];
    return ::operator new(size);
  }
  static void operator delete(void* memory) {
    auto& spare = spares();
    if (spare.count < spare.limit) {
      spare.memory[spare.count++] = memory;
    } else {
      ::operator delete(memory);
    }
  }

 private:
  friend Derived;
  Recycled() = default;
  ~Recycled() = default;

// A sanitizer is to see a use behind the end.
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
  static constexpr std::size_t kSpare = 0;
#else
  static constexpr std::size_t kSpare = kMostSpare;
#endif

  struct Spare {
    Spare() = default;
    Spare(Spare const&) = delete;
    Spare& operator=(Spare const&) = delete;
    ~Spare() {
      limit = 0;  // what goes later goes for good
      while (count > 0) ::operator delete(memory[--count]);
    }
    std::array<void*, kMostSpare> memory{};
    std::size_t count = 0;
    std::size_t limit = kSpare;
  };
  [[nodiscard]] static Spare& spares() {
    thread_local Spare spares;
    return spares;
  }
};

}  // namespace inferway
