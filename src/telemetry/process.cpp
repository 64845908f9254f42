#include "process.hpp"

#include <cstdio>
#include <dirent.h>
#include <memory>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

namespace inferway::telemetry {

namespace {

std::uint64_t nanoseconds(timeval const& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_usec) * 1'000;
}

void read_memory(ProcessFigures& figures) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file(std::fopen("/proc/self/statm", "re"), &std::fclose);
  unsigned long pages = 0;
  unsigned long resident = 0;
  if (file == nullptr || std::fscanf(file.get(), "%lu %lu", &pages, &resident) != 2) return;
  auto const page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  figures.virtual_bytes = pages * page;
  figures.resident_bytes = resident * page;
}

/// Since Linux 6.2 the directory's size is the number; before that it is 0, and the entries are counted.
std::uint64_t open_descriptors() {
  struct stat status{};
  if (::stat("/proc/self/fd", &status) == 0 && status.st_size > 0) return static_cast<std::uint64_t>(status.st_size);
  std::unique_ptr<DIR, int (*)(DIR*)> const directory(::opendir("/proc/self/fd"), &::closedir);
  if (directory == nullptr) return 0;
  std::uint64_t count = 0;
  while (::readdir(directory.get()) != nullptr) ++count;  // NOLINT(concurrency-mt-unsafe): a stream of its own
  return count - 3;                                       // ".", ".." and the directory's own
}

}  // namespace

ProcessFigures process_figures() {
  ProcessFigures figures;
  read_memory(figures);
  figures.open_descriptors = open_descriptors();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.max_descriptors = limit.rlim_cur;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) figures.cpu_ns = nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
  return figures;
}

}  // namespace inferway::telemetry
