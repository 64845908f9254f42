#include "inferway/net/task_group.hpp"

#include <utility>

namespace inferway::net {

void TaskGroup::spawn(Task<> task) {
  ++size_;
  asio::co_spawn(loop_.executor(), std::move(task),
                 [this](std::exception_ptr exception) { ended(std::move(exception)); });
}

void TaskGroup::ended(std::exception_ptr exception) {
  --size_;
  if (exception != nullptr) on_exception_(std::move(exception));
  if (size_ == 0 && when_empty_) std::exchange(when_empty_, nullptr)();
}

void TaskGroup::when_empty(std::function<void()> call) {
  if (size_ == 0) {
    call();
  } else {
    when_empty_ = std::move(call);
  }
}

}  // namespace inferway::net
