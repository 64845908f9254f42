#include "poller.hpp"

#include "arguments.hpp"

#include <algorithm>
#include <unistd.h>

namespace bench {

Poller::Poller() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (descriptor_ < 0) fail("no epoll");
}

Poller::~Poller() { ::close(descriptor_); }

void Poller::add(int descriptor, std::uint32_t events, void* owner) const {
  epoll_event event{.events = events, .data = {.ptr = owner}};
  if (::epoll_ctl(descriptor_, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll refuses a descriptor");
}

void Poller::change(int descriptor, std::uint32_t events, void* owner) const {
  epoll_event event{.events = events, .data = {.ptr = owner}};
  if (::epoll_ctl(descriptor_, EPOLL_CTL_MOD, descriptor, &event) != 0) fail("epoll refuses a change");
}

std::span<epoll_event const> Poller::wait(Nanos until) {
  timespec left{};
  if (until != kNever) {
    auto const nanos = std::max<Nanos>(until - now(), 0);
    left = {.tv_sec = nanos / kSecond, .tv_nsec = nanos % kSecond};
  }
  int const count = ::epoll_pwait2(descriptor_, events_.data(), static_cast<int>(events_.size()),
                                   until == kNever ? nullptr : &left, nullptr);
  return {events_.data(), static_cast<std::size_t>(std::max(count, 0))};
}

}  // namespace bench
