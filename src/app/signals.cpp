#include "signals.hpp"

#include <csignal>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace inferway::app {

namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (int const signal : signals) sigaddset(&set, signal);
  return set;
}

}  // namespace

void Signals::block(std::initializer_list<int> signals) {
  auto const set = set_of(signals);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe of a log is an error to count, not an end
}

Signals::Signals(net::Loop& loop, std::initializer_list<int> signals, std::function<void(int)> on_signal)
    : loop_(loop), on_signal_(std::move(on_signal)) {
  auto const set = set_of(signals);
  descriptor_ = net::Descriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  loop_.add(*this, descriptor_.get(), EPOLLIN);
}

Signals::~Signals() { loop_.remove(*this, descriptor_.get()); }

void Signals::on_events(std::uint32_t) {
  signalfd_siginfo info{};
  while (::read(descriptor_.get(), &info, sizeof info) == sizeof info) {
    loop_.defer([this, signal = static_cast<int>(info.ssi_signo)] { on_signal_(signal); });
  }
}

}  // namespace inferway::app
