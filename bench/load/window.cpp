#include "window.hpp"

#include <algorithm>
#include <cstdio>

namespace bench {
namespace {

void say(char const* event, std::uint64_t open) {
  std::printf("{\"event\":\"%s\",\"open\":%llu}\n", event, static_cast<unsigned long long>(open));
  std::fflush(stdout);
}

}  // namespace

Window::Window(Nanos warm, Nanos measured) : begin_(now() + warm), end_(begin_ + measured), measured_(measured) {}

void Window::advance(Nanos now, std::uint64_t open) {
  if (phase_ == Phase::warm && now >= begin_) {
    phase_ = Phase::measured;
    begin_ = now;
    end_ = now + measured_;
    say("begin", open);
  } else if (phase_ == Phase::measured && now >= end_) {
    phase_ = Phase::finishing;
    end_ = now;
    say("end", open);
  }
}

Nanos Window::next(Nanos now) const {
  if (phase_ == Phase::warm) return begin_;
  return phase_ == Phase::measured ? end_ : now + 100 * kMillisecond;
}

void Errors::add(std::string const& what) {
  if (count_++ == 0) first_ = what;
}

}  // namespace bench
