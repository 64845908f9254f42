#pragma once

#include "inferway/base/slabs.hpp"

#include <cstddef>
#include <memory>
#include <utility>

namespace inferway {

/// Objects that requests need for a while, in slabs of their own: see Slabs. One thread's; must outlive them.
template <typename T>
class Pool {
 public:
  struct GiveBack {
    Slabs* slabs;
    void operator()(T* object) const {
      object->~T();
      slabs->give_back(reinterpret_cast<char*>(object));
    }
  };
  using Owner = std::unique_ptr<T, GiveBack>;

  /// The constructor must not throw.
  template <typename... Arguments>
  [[nodiscard]] Owner make(Arguments&&... arguments) {
    static_assert(alignof(T) <= alignof(std::max_align_t));
    return Owner(new (slabs_.take()) T(std::forward<Arguments>(arguments)...), GiveBack{&slabs_});
  }
  [[nodiscard]] static Owner none() { return Owner(nullptr, GiveBack{nullptr}); }

 private:
  Slabs slabs_{sizeof(T)};
};

}  // namespace inferway
