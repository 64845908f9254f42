#include "machine.hpp"

#include "inferway/base/text.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <istream>
#include <limits>
#include <sched.h>
#include <string>
#include <sys/resource.h>

namespace inferway::app {

namespace {

/// For listeners, epoll sets, log files, and connections that are being turned away.
constexpr std::uint64_t kReservedDescriptors = 512;

/// "max 100000" or "150000 100000"; in version 1 in two files, the quota -1 for none.
std::uint32_t cores_of(std::istream& quota, std::istream& period) {
  std::string q;
  std::string p;
  auto const none = std::numeric_limits<std::uint32_t>::max();
  if (!(quota >> q) || !(period >> p)) return none;
  auto const allowed = parse_decimal(q);
  auto const of = parse_decimal(p);
  if (!allowed || !of || *of == 0) return none;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>((*allowed + *of - 1) / *of, none));
}

std::uint32_t cores_in(std::filesystem::path const& directory) {
  std::ifstream both(directory / "cpu.max");
  auto const cores = cores_of(both, both);
  std::ifstream quota(directory / "cpu.cfs_quota_us");
  std::ifstream period(directory / "cpu.cfs_period_us");
  return std::min(cores, cores_of(quota, period));
}

}  // namespace

std::uint32_t cores_of_cgroup(std::string const& mounted, std::string const& membership) {
  std::uint32_t cores = cores_in(mounted);
  std::ifstream lines(membership);
  // "0::/system.slice/x.service", or (version 1) "4:cpu,cpuacct:/x". What is above a group bounds it, too.
  for (std::string line; std::getline(lines, line);) {
    auto const first = line.find(':');
    auto const second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    auto const controllers = line.substr(first + 1, second - first - 1);
    bool const v1 = ("," + controllers + ",").find(",cpu,") != std::string::npos;
    if (!controllers.empty() && !v1) continue;
    auto const root = std::filesystem::path(mounted) / (v1 ? "cpu" : "");
    auto group = std::filesystem::path(line.substr(second + 1)).relative_path();
    for (cores = std::min(cores, cores_in(root)); !group.empty(); group = group.parent_path()) {
      cores = std::min(cores, cores_in(root / group));
    }
  }
  return cores;
}

std::uint32_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::uint32_t cores = 1;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) cores = static_cast<std::uint32_t>(CPU_COUNT(&set));
  return std::max(std::min(cores, cores_of_cgroup("/sys/fs/cgroup", "/proc/self/cgroup")), 1U);
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
