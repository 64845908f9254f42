#pragma once

#include <chrono>

namespace inferway {

/// Monotonic time. Pure rooms never ask it: they are handed a TimePoint.
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;
using Milliseconds = std::chrono::milliseconds;

}  // namespace inferway
