#pragma once

#include "inferway/net/loop.hpp"

#include <functional>
#include <initializer_list>

namespace inferway::app {

/// Signals as events of a loop. They must be blocked (block()) before any thread starts.
class Signals final : private net::Source {
 public:
  static void block(std::initializer_list<int> signals);

  Signals(net::Loop& loop, std::initializer_list<int> signals, std::function<void(int)> on_signal);
  ~Signals();

 private:
  void on_events(std::uint32_t events) override;

  net::Loop& loop_;
  net::Descriptor descriptor_;
  std::function<void(int)> on_signal_;
};

}  // namespace inferway::app
