#pragma once

#include "inferway/base/assert.hpp"
#include "inferway/telemetry/record.hpp"

#include <atomic>
#include <cstddef>
#include <memory>

namespace inferway::telemetry {

/// Records on their way from one worker to the log's writer. One thread pushes, one pops; neither waits. The memory is
/// reserved at once but touched, and so taken from the system, only as far as records have come.
class RecordRing {
 public:
  static constexpr std::size_t kCapacity = 4096;

  RecordRing() : slots_(static_cast<Record*>(::operator new(kCapacity * sizeof(Record)))) {}
  RecordRing(RecordRing const&) = delete;
  RecordRing& operator=(RecordRing const&) = delete;
  ~RecordRing() {
    while (front() != nullptr) pop();
    ::operator delete(slots_);
  }

  /// False when the ring is full: the record is not taken.
  [[nodiscard]] bool push(Record const& record) {
    auto const tail = tail_.load(std::memory_order_relaxed);
    if (tail - known_head_ == kCapacity) {
      known_head_ = head_.load(std::memory_order_acquire);
      if (tail - known_head_ == kCapacity) return false;
    }
    std::construct_at(slots_ + tail % kCapacity, record);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// The oldest record, or nullptr. It stays valid until pop().
  [[nodiscard]] Record const* front() const {
    auto const head = head_.load(std::memory_order_relaxed);
    return head == tail_.load(std::memory_order_acquire) ? nullptr : slots_ + head % kCapacity;
  }
  void pop() {
    auto const head = head_.load(std::memory_order_relaxed);
    std::destroy_at(slots_ + head % kCapacity);
    head_.store(head + 1, std::memory_order_release);
  }

 private:
  Record* slots_;
  // The two sides write to different cache lines, so that a poll of the writer does not slow the worker.
  alignas(64) std::atomic<std::size_t> tail_{0};
  std::size_t known_head_ = 0;  ///< the pusher's last sight of head_
  alignas(64) std::atomic<std::size_t> head_{0};
};

}  // namespace inferway::telemetry
