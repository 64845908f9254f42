#include "inferway/app/confinement.hpp"

#include "capabilities.hpp"
#include "system_call_filter.hpp"
#include "user.hpp"

#include <cerrno>
#include <linux/capability.h>
#include <string_view>
#include <sys/prctl.h>
#include <system_error>

namespace inferway::app {

namespace {

constexpr std::uint64_t bit(unsigned capability) { return std::uint64_t{1} << capability; }

/// Ports below 1024, at the start, at a reload, and of the process that follows in an upgrade.
constexpr std::uint64_t kAnyUser = bit(CAP_NET_BIND_SERVICE);
/// What makes root read, write and replace files of others: it may have to at a reload as well as at the start.
constexpr std::uint64_t kWhoeverStartedIt = kAnyUser | bit(CAP_DAC_OVERRIDE) | bit(CAP_FOWNER);

std::error_code renounce_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) return {};
  return {errno, std::generic_category()};
}

}  // namespace

std::expected<std::vector<std::string>, std::string> confine(Confinement const& wanted) {
  if (!wanted.user.empty()) {
    if (auto done = become_user(wanted.user); !done) return std::unexpected("--user: " + done.error());
  }
  std::vector<std::string> warnings;
  auto const check = [&warnings](std::string_view what, std::error_code error) {
    if (error) warnings.push_back(std::string(what) + ": " + error.message());
  };
  check("capabilities stay as they are", limit_capabilities(wanted.user.empty() ? kWhoeverStartedIt : kAnyUser));
  check("no_new_privs cannot be set", renounce_new_privileges());
  if (wanted.filter_system_calls) check("system calls are not filtered", filter_system_calls());
  return warnings;
}

}  // namespace inferway::app
