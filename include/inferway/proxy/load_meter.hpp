#pragma once

#include "inferway/config/config.hpp"
#include "inferway/net/loop.hpp"
#include "inferway/policy/overload.hpp"
#include "inferway/telemetry/telemetry.hpp"

#include <atomic>
#include <cstdint>

namespace inferway::proxy {

/// What presses on one worker: how late its loop is, and what all workers hold together. It belongs to the worker, not
/// to a configuration. Loop thread only.
class LoadMeter final : private net::Watcher {
 public:
  /// `connections`, `buffered`: what the process has open and holds.
  LoadMeter(net::Loop& loop, std::atomic<std::uint64_t> const& connections, std::atomic<std::uint64_t> const& buffered,
            telemetry::Shard& shard);

  [[nodiscard]] policy::Pressure pressure(config::Limits const& limits) const;

 private:
  void notify() override;

  net::Loop& loop_;
  std::atomic<std::uint64_t> const& connections_;
  std::atomic<std::uint64_t> const& buffered_;
  telemetry::Shard& shard_;
  policy::SmoothedLag lag_;
  net::Deadline next_look_;
  bool running_ = false;
};

}  // namespace inferway::proxy
