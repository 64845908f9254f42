#pragma once

#include "inferway/net/task_group.hpp"

#include <cstddef>
#include <functional>
#include <list>
#include <memory>

namespace inferway::proxy {

class MirrorCopy;

/// The copies of requests that one worker has under way to other backends, whose answers are thrown away. They never
/// make a client wait, and are the first to go. Loop thread only.
class Mirrors {
 public:
  /// At once; what is more is not copied.
  static constexpr std::size_t kMost = 64;

  explicit Mirrors(net::Loop& loop);
  Mirrors(Mirrors const&) = delete;
  Mirrors& operator=(Mirrors const&) = delete;
  ~Mirrors();

  [[nodiscard]] bool full() const { return ending_ || copies_.size() >= kMost; }
  void send(std::unique_ptr<MirrorCopy> copy);
  /// Ends them all, soon, and takes no more.
  void end();
  void when_empty(std::function<void()> call) { tasks_.when_empty(std::move(call)); }

 private:
  [[nodiscard]] net::Task<> run(std::unique_ptr<MirrorCopy> copy);

  net::TaskGroup tasks_;
  std::list<MirrorCopy*> copies_;
  bool ending_ = false;
};

}  // namespace inferway::proxy
