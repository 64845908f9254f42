#pragma once

#include "inferway/base/clock.hpp"
#include "inferway/base/secret_memory.hpp"
#include "inferway/net/blocks.hpp"
#include "inferway/net/descriptor.hpp"
#include "inferway/net/read_size.hpp"
#include "inferway/net/wheel.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

/// Sockets, time and waiting. Readiness, not completion: an operation is tried, and when it would block, a coroutine
/// waits on its one Waiter until something it cares about (a stream, a deadline, another coroutine) may have changed.
namespace inferway::net {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
template <typename T = void>
using Task = asio::awaitable<T, Executor>;

class Loop;

/// Something with a descriptor in the loop's epoll set (edge-triggered).
class Source {
 public:
  Source() = default;
  Source(Source const&) = delete;
  Source& operator=(Source const&) = delete;
  /// Called while events are dispatched; notes what became ready and tells watchers. Runs no coroutine.
  virtual void on_events(std::uint32_t events) = 0;

 protected:
  ~Source() = default;
};

/// What one coroutine waits on. Everything that may let it go on calls notify(); spurious wake-ups are normal: the
/// coroutine tries again whatever it wanted to do. Loop thread only.
class Waiter final : public Watcher {
 public:
  explicit Waiter(Loop& loop) : loop_(loop) {}
  Waiter(Waiter const&) = delete;
  Waiter& operator=(Waiter const&) = delete;
  ~Waiter();

  void notify() override;

  /// Suspends until notify(); returns soon when it was called since the last wait returned.
  [[nodiscard]] auto wait() {
    // Deferred, because a coroutine can await that without a further coroutine for the operation.
    return asio::async_initiate<asio::deferred_t const, void()>([this](auto handler) { park(std::move(handler)); },
                                                                asio::deferred);
  }
  [[nodiscard]] Loop& loop() const { return loop_; }

 private:
  friend class Loop;
  /// Asio has no public name for what resumes a coroutine that awaits a deferred operation.
  using Handler = asio::detail::awaitable_async_op_handler<void(), Executor>;
  void park(Handler handler);
  void resume();

  Loop& loop_;
  std::optional<Handler> parked_;
  bool notified_ = false;
  bool queued_ = false;
  Waiter* next_ = nullptr;
  Waiter* previous_ = nullptr;
};

/// One worker's event loop: epoll, timer wheel, scratch memory. Coroutines run on its io_context's executor; the
/// io_context has no reactor of its own, so Asio's sockets and timers must not be used on it (docs/decisions/0002).
/// All of it belongs to the thread in run(), but for post() and stop().
class Loop {
 public:
  Loop();
  Loop(Loop const&) = delete;
  Loop& operator=(Loop const&) = delete;
  ~Loop();

  /// Until stop(). What is still suspended then stays so, and is destroyed with the loop.
  void run();
  /// Any thread.
  void stop();

  /// Runs `work` on the loop's thread. Any thread.
  template <typename Work>
  void post(Work work) {
    asio::post(context_, std::move(work));
    wake();
  }

  /// Runs `work` after the events that are being dispatched. Loop thread only.
  template <typename Work>
  void defer(Work work) {
    asio::post(context_, std::move(work));
  }

  [[nodiscard]] Executor executor() { return context_.get_executor(); }
  /// The time of the last dispatch; what a deadline is reckoned from.
  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] Wheel& wheel() { return wheel_; }
  [[nodiscard]] BlockPool& blocks() { return blocks_; }
  /// Memory for one read of up to ReadSize::kMost; its content is lost at the next await.
  [[nodiscard]] std::span<char> scratch(std::size_t bytes = ReadSize::kLeast) {
    return std::span(scratch_).first(bytes);
  }

  /// Puts a descriptor into the epoll set. The Source must call remove() before it goes.
  void add(Source& source, int descriptor, std::uint32_t events);
  void remove(Source& source, int descriptor);

 private:
  friend class Waiter;
  static constexpr std::size_t kBatch = 256;

  class Wake final : public Source {
   public:
    explicit Wake(Loop& loop);
    void on_events(std::uint32_t events) override;
    Descriptor descriptor;
  };

  void iterate();
  void dispatch(int timeout_ms);
  void run_ready();
  void wake();
  void enqueue(Waiter& waiter);
  void dequeue(Waiter& waiter);

  asio::io_context context_{1};
  Descriptor epoll_;
  Wake wake_;
  TimePoint now_;
  Wheel wheel_;
  BlockPool blocks_;
  std::vector<char, SecretAllocator<char>> scratch_;  ///< it has held keys
  std::array<void*, kBatch> batch_{};                 ///< sources of the events under way; nulled when one is removed
  std::size_t batch_size_ = 0;
  Waiter* ready_first_ = nullptr;
  Waiter* ready_last_ = nullptr;
  std::size_t ready_count_ = 0;
  bool stopping_ = false;
};

}  // namespace inferway::net
