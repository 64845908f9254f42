#include "machine.hpp"

#include "inferway/base/text.hpp"

#include <algorithm>
#include <fstream>
#include <sched.h>
#include <string>
#include <sys/resource.h>

namespace inferway::app {

namespace {

/// For listeners, epoll sets, log files, and connections that are being turned away.
constexpr std::uint64_t kReservedDescriptors = 512;

}  // namespace

std::uint32_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::uint32_t cores = 1;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) cores = static_cast<std::uint32_t>(CPU_COUNT(&set));
  std::ifstream file("/sys/fs/cgroup/cpu.max");  // "max 100000" or "150000 100000"
  std::string quota;
  std::string period;
  if (file >> quota >> period) {
    auto const q = parse_decimal(quota);
    auto const p = parse_decimal(period);
    if (q && p && *p > 0) cores = std::min(cores, static_cast<std::uint32_t>((*q + *p - 1) / *p));
  }
  return std::max(cores, 1U);
}

std::uint64_t allowed_connections(std::uint64_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur == RLIM_INFINITY) return wanted;
  std::uint64_t const descriptors = limit.rlim_cur;
  std::uint64_t const usable =
      descriptors > 2 * kReservedDescriptors ? descriptors - kReservedDescriptors : descriptors / 2;
  return std::min(wanted, std::max<std::uint64_t>(usable / 2, 1));
}

}  // namespace inferway::app
