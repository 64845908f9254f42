// Without libcap: two system calls.

#include "capabilities.hpp"

#include <array>
#include <cerrno>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace inferway::app {

namespace {

using Words = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

std::error_code last_error() { return {errno, std::generic_category()}; }

std::uint64_t joined(std::uint32_t low, std::uint32_t high) { return (static_cast<std::uint64_t>(high) << 32) | low; }

}  // namespace

std::error_code limit_capabilities(std::uint64_t kept) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  Words words{};
  if (::syscall(SYS_capget, &header, words.data()) != 0) return last_error();
  auto const permitted = joined(words[0].permitted, words[1].permitted);
  auto const left = permitted & kept;
  // The call itself may be denied where nothing has to be done, as by a unit's SystemCallFilter.
  if (left == permitted && left == joined(words[0].inheritable, words[1].inheritable)) return {};
  auto const low = static_cast<std::uint32_t>(left);
  auto const high = static_cast<std::uint32_t>(left >> 32);
  words[0] = {.effective = low, .permitted = low, .inheritable = low};
  words[1] = {.effective = high, .permitted = high, .inheritable = high};
  if (::syscall(SYS_capset, &header, words.data()) != 0) return last_error();
  for (unsigned capability = 0; capability < 64; ++capability) {
    if (((left >> capability) & 1) == 0) continue;
    // Another user's process loses all that is not ambient when it executes a program.
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0) return last_error();
  }
  return {};
}

}  // namespace inferway::app
