#include "private_memory.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace inferway::cli {
namespace {

/// The variables' text lies above the stack, a page or more of it. Whatever shares the outer ones is not dumped either.
void leave_out_environment() {
  if (environ == nullptr || *environ == nullptr) return;
  auto const page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  auto begin = reinterpret_cast<std::uintptr_t>(*environ);
  auto end = begin;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    auto const place = reinterpret_cast<std::uintptr_t>(*variable);
    begin = std::min(begin, place);
    end = std::max(end, place + std::strlen(*variable) + 1);
  }
  begin &= ~(page - 1);
  end = (end + page - 1) & ~(page - 1);
  ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTDUMP);  // NOLINT(performance-no-int-to-ptr): pages
}

/// A process that nobody may look into cannot be searched for leaks, by itself neither.
#if __has_feature(address_sanitizer)
constexpr bool kDumpable = true;
#else
constexpr bool kDumpable = false;
#endif

}  // namespace

std::expected<void, std::string> keep_memory_private() {
  char const* const set = std::getenv("INFERWAY_CORE_DUMPS");  // NOLINT(concurrency-mt-unsafe): no other thread yet
  std::string_view const value = set == nullptr ? "0" : set;
  if (value != "0" && value != "1") {
    return std::unexpected("INFERWAY_CORE_DUMPS is 0 or 1, not '" + std::string(value) + "'");
  }
  if (value == "1") {
    leave_out_environment();
    return {};
  }
  // The limit alone does not hold where the kernel hands dumps to a program (core_pattern with a pipe).
  if (!kDumpable) ::prctl(PR_SET_DUMPABLE, 0);
  rlimit limit{};
  ::getrlimit(RLIMIT_CORE, &limit);
  limit.rlim_cur = 0;
  ::setrlimit(RLIMIT_CORE, &limit);
  return {};
}

}  // namespace inferway::cli
