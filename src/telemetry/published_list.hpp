#pragma once

#include <atomic>
#include <utility>

namespace inferway::telemetry {

/// A list that one thread adds to and any thread may walk meanwhile, without a lock on either side. Nothing is ever
/// moved or removed before the list itself goes; a walk sees at least what was added before it began.
template <typename T>
class PublishedList {
 public:
  PublishedList() = default;
  PublishedList(PublishedList const&) = delete;
  PublishedList& operator=(PublishedList const&) = delete;
  ~PublishedList() {
    for (auto* node = head_.load(std::memory_order_relaxed); node != nullptr;) delete std::exchange(node, node->next);
  }

  /// The writer's thread only.
  template <typename... Arguments>
  T& emplace(Arguments&&... arguments) {
    auto* const node = new Node{head_.load(std::memory_order_relaxed), T(std::forward<Arguments>(arguments)...)};
    head_.store(node, std::memory_order_release);  // a reader that sees the node sees what the constructor wrote
    return node->value;
  }

  /// The newest first.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (auto const* node = head_.load(std::memory_order_acquire); node != nullptr; node = node->next) {
      visit(node->value);
    }
  }

  /// The newest that `test` accepts, or nullptr.
  template <typename Test>
  [[nodiscard]] T* find(Test test) {
    for (auto* node = head_.load(std::memory_order_acquire); node != nullptr; node = node->next) {
      if (test(node->value)) return &node->value;
    }
    return nullptr;
  }

 private:
  struct Node {
    Node* next;
    T value;
  };
  std::atomic<Node*> head_{nullptr};
};

}  // namespace inferway::telemetry
