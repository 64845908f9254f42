#pragma once

#include <cstdint>
#include <ctime>

namespace bench {

/// Nanoseconds of CLOCK_MONOTONIC: the same clock in every process of this machine, so that a chunk can bear its own.
using Nanos = std::int64_t;

constexpr Nanos kNever = INT64_MAX;
constexpr Nanos kMicrosecond = 1'000;
constexpr Nanos kMillisecond = 1'000'000;
constexpr Nanos kSecond = 1'000'000'000;

inline Nanos now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

}  // namespace bench
