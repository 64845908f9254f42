#pragma once

#include "clock.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <sys/epoll.h>

namespace bench {

/// epoll, level-triggered, with an owner behind each descriptor and waits that end to the microsecond.
class Poller {
 public:
  Poller();
  Poller(Poller const&) = delete;
  Poller& operator=(Poller const&) = delete;
  ~Poller();

  void add(int descriptor, std::uint32_t events, void* owner) const;
  void change(int descriptor, std::uint32_t events, void* owner) const;

  /// What has happened; nothing when `until` came first. Valid up to the next call.
  std::span<epoll_event const> wait(Nanos until);

 private:
  int descriptor_;
  std::array<epoll_event, 256> events_{};
};

}  // namespace bench
