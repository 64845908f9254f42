#pragma once

#include "inferway/net/loop.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cstddef>
#include <exception>
#include <functional>

namespace inferway::net {

/// The coroutines that were started on a loop and not yet ended. The one place that spawns. Loop thread only.
class TaskGroup {
 public:
  /// `on_exception` hears of tasks that ended by one: a bug of ours, which ends that task alone.
  TaskGroup(Loop& loop, std::function<void(std::exception_ptr)> on_exception)
      : loop_(loop), on_exception_(std::move(on_exception)) {}
  TaskGroup(TaskGroup const&) = delete;
  TaskGroup& operator=(TaskGroup const&) = delete;

  void spawn(Task<> task);
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Called once, soon, when no task is left.
  void when_empty(std::function<void()> call);

 private:
  void ended(std::exception_ptr exception);

  Loop& loop_;
  std::function<void(std::exception_ptr)> on_exception_;
  std::function<void()> when_empty_;
  std::size_t size_ = 0;
};

}  // namespace inferway::net
