#include "inferway/net/loop.hpp"

#include "inferway/base/assert.hpp"

#include <cerrno>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace inferway::net {

void Descriptor::close() {
  if (value_ >= 0) ::close(std::exchange(value_, -1));
}

Waiter::~Waiter() {
  if (queued_) loop_.dequeue(*this);
}

void Waiter::notify() {
  notified_ = true;
  if (parked_ && !queued_) loop_.enqueue(*this);
}

void Waiter::park(Handler handler) {
  parked_.emplace(std::move(handler));
  if (notified_) loop_.enqueue(*this);
}

void Waiter::resume() {
  notified_ = false;
  auto handler = std::move(*parked_);
  parked_.reset();
  std::move(handler)();  // may destroy this waiter
}

Loop::Wake::Wake(Loop& loop) : descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  loop.add(*this, descriptor.get(), EPOLLIN | EPOLLET);
}

void Loop::Wake::on_events(std::uint32_t) {
  // Edge-triggered: the count need not be read, a further write is a new edge.
}

Loop::Loop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(*this),
      now_(Clock::now()),
      wheel_(now_),
      scratch_(ReadSize::kMost) {}

Loop::~Loop() = default;

void Loop::run() {
  auto const guard = asio::make_work_guard(context_);
  asio::post(context_, [this] { iterate(); });
  context_.run();
}

void Loop::stop() {
  asio::post(context_, [this] { stopping_ = true; });
  wake();
}

void Loop::wake() {
  std::uint64_t const one = 1;
  [[maybe_unused]] auto const written = ::write(wake_.descriptor.get(), &one, sizeof one);
}

/// One turn. It runs as a handler of the io_context and posts the next one behind whatever was posted meanwhile, so
/// that posted work has its turn, and Asio's per-thread cache of coroutine frames is in force for all coroutines.
void Loop::iterate() {
  if (stopping_) return context_.stop();
  run_ready();
  now_ = Clock::now();
  dispatch(ready_count_ > 0 ? 0 : wheel_.sleep_ms(now_));
  wheel_.advance(now_);
  asio::post(context_, [this] { iterate(); });
}

void Loop::dispatch(int timeout_ms) {
  std::array<epoll_event, kBatch> events;  // filled by the kernel
  int const count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(kBatch), timeout_ms);
  now_ = Clock::now();
  if (count < 0) {
    if (errno == EINTR) return;
    throw std::system_error(errno, std::generic_category(), "epoll_wait");
  }
  batch_size_ = static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < batch_size_; ++i) batch_[i] = events[i].data.ptr;
  for (std::size_t i = 0; i < batch_size_; ++i) {
    if (batch_[i] != nullptr) static_cast<Source*>(batch_[i])->on_events(events[i].events);
  }
  batch_size_ = 0;
}

void Loop::run_ready() {
  // One round only: a coroutine that is made ready by another waits for the sockets to be looked at first.
  for (auto left = ready_count_; left > 0 && ready_first_ != nullptr; --left) {
    Waiter* const waiter = ready_first_;
    dequeue(*waiter);
    waiter->resume();
  }
}

void Loop::enqueue(Waiter& waiter) {
  waiter.queued_ = true;
  waiter.next_ = nullptr;
  waiter.previous_ = ready_last_;
  (ready_last_ != nullptr ? ready_last_->next_ : ready_first_) = &waiter;
  ready_last_ = &waiter;
  ++ready_count_;
}

void Loop::dequeue(Waiter& waiter) {
  (waiter.previous_ != nullptr ? waiter.previous_->next_ : ready_first_) = waiter.next_;
  (waiter.next_ != nullptr ? waiter.next_->previous_ : ready_last_) = waiter.previous_;
  --ready_count_;
  waiter.queued_ = false;
  waiter.next_ = waiter.previous_ = nullptr;
}

void Loop::add(Source& source, int descriptor, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &source;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

void Loop::remove(Source& source, int descriptor) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
  for (std::size_t i = 0; i < batch_size_; ++i) {
    if (batch_[i] == &source) batch_[i] = nullptr;
  }
}

}  // namespace inferway::net
