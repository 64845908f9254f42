#include "inferway/proxy/load_meter.hpp"

#include <algorithm>

namespace inferway::proxy {

namespace {

/// Ten wake-ups a second, also of an idle worker, cost a few hundredths of a percent of a core.
constexpr Duration kBetweenLooks = std::chrono::milliseconds(100);

double share(std::uint64_t used, std::uint64_t limit) {
  return limit == 0 ? 0 : static_cast<double>(used) / static_cast<double>(limit);
}

}  // namespace

LoadMeter::LoadMeter(net::Loop& loop, std::atomic<std::uint64_t> const& connections,
                     std::atomic<std::uint64_t> const& buffered, telemetry::Shard& shard)
    : loop_(loop), connections_(connections), buffered_(buffered), shard_(shard), next_look_(loop.wheel(), *this) {
  next_look_.arm(loop.now() + kBetweenLooks);
}

/// A timer is late when the loop is: by all that the turns before had to do, or because the thread got no processor.
void LoadMeter::notify() {
  // The wheel's own tick is no lateness; and the first look came when the thread began to run.
  auto const late = std::max(loop_.now() - next_look_.at() - net::Wheel::kTick, Duration(0));
  if (running_) {
    lag_.add(late);
    shard_.observe_loop_lag(late);
    shard_.loop_lag_ns.set(static_cast<std::uint64_t>(lag_.get().count()));
  }
  running_ = true;
  next_look_.arm(loop_.now() + kBetweenLooks);
}

policy::Pressure LoadMeter::pressure(config::Limits const& limits) const {
  return {.connections = share(connections_.load(std::memory_order_relaxed), limits.connections),
          .buffered = share(buffered_.load(std::memory_order_relaxed), limits.buffered_bytes),
          .lag = lag_.get()};
}

}  // namespace inferway::proxy
