#pragma once

#include <cstddef>
#include <new>

namespace inferway {

/// Memory that no core dump contains, and that is zeroed when it is given back. Any thread; it takes a lock, so it is
/// not for the path of a request. Throws std::bad_alloc.
[[nodiscard]] void* take_secret_memory(std::size_t bytes, std::size_t alignment);
void give_back_secret_memory(void* memory, std::size_t bytes, std::size_t alignment) noexcept;

/// For the containers and shared pointers of what holds secrets.
template <typename T>
struct SecretAllocator {
  using value_type = T;

  SecretAllocator() = default;
  template <typename Other>
  SecretAllocator(SecretAllocator<Other> const&) noexcept {}  // implicit: allocators are rebound so

  [[nodiscard]] T* allocate(std::size_t count) {
    if (count > static_cast<std::size_t>(-1) / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(take_secret_memory(count * sizeof(T), alignof(T)));
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    give_back_secret_memory(memory, count * sizeof(T), alignof(T));
  }
  friend bool operator==(SecretAllocator const&, SecretAllocator const&) { return true; }
};

}  // namespace inferway
