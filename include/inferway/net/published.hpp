#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

namespace inferway::net {

/// An immutable value that one thread replaces and many read: at a dial, at a handshake, never for each request. (Of
/// std::atomic<std::shared_ptr>, libstdc++ 12 lets go of its lock in load() without release order: a data race.)
template <typename T>
class Published {
 public:
  using Pointer = std::shared_ptr<T const>;

  [[nodiscard]] Pointer load() const {
    std::lock_guard const lock(mutex_);
    return value_;
  }
  void store(Pointer value) {
    {
      std::lock_guard const lock(mutex_);
      value_.swap(value);
      identity_.store(value_.get(), std::memory_order_relaxed);
    }
    // The old one is destroyed here, outside the lock.
  }
  /// Whether this is the value now. Takes no lock.
  [[nodiscard]] bool is(T const* value) const { return identity_.load(std::memory_order_relaxed) == value; }
  [[nodiscard]] bool empty() const { return is(nullptr); }

 private:
  mutable std::mutex mutex_;
  Pointer value_;
  std::atomic<T const*> identity_{nullptr};
};

}  // namespace inferway::net
