#include "user.hpp"

#include "inferway/base/text.hpp"

#include <cerrno>
#include <grp.h>
#include <limits>
#include <optional>
#include <pwd.h>
#include <string_view>
#include <sys/prctl.h>
#include <system_error>
#include <unistd.h>

namespace inferway::app {

namespace {

struct User {
  std::string name;  ///< "": a number that the system has no name for
  uid_t uid = 0;
  gid_t gid = 0;
};

std::optional<std::uint32_t> to_id(std::string_view text) {
  auto const number = parse_decimal(text);
  if (!number || *number >= std::numeric_limits<std::uint32_t>::max()) return std::nullopt;  // -1: "unchanged"
  return static_cast<std::uint32_t>(*number);
}

// NOLINTBEGIN(concurrency-mt-unsafe): no other thread runs yet
std::optional<gid_t> find_group(std::string const& group) {
  if (auto const* const known = ::getgrnam(group.c_str())) return known->gr_gid;
  return to_id(group);
}

std::expected<User, std::string> find_user(std::string const& wanted) {
  auto const colon = wanted.find(':');
  auto const name = wanted.substr(0, colon);
  auto const number = to_id(name);
  auto const* known = ::getpwnam(name.c_str());
  if (known == nullptr && number) known = ::getpwuid(*number);
  if (known == nullptr && !number) return std::unexpected("there is no user " + name);
  auto out = known != nullptr ? User{.name = known->pw_name, .uid = known->pw_uid, .gid = known->pw_gid}
                              : User{.name = "", .uid = *number, .gid = 0};
  if (colon != std::string::npos) {
    auto const group = find_group(wanted.substr(colon + 1));
    if (!group) return std::unexpected("there is no group " + wanted.substr(colon + 1));
    out.gid = *group;
  } else if (known == nullptr) {
    return std::unexpected("user " + name + " has no entry, so its group has to be said: " + name + ":GID");
  }
  return out;
}
// NOLINTEND(concurrency-mt-unsafe)

bool take_groups(User const& user) {
  return user.name.empty() ? ::setgroups(0, nullptr) == 0 : ::initgroups(user.name.c_str(), user.gid) == 0;
}

}  // namespace

std::expected<void, std::string> become_user(std::string const& wanted) {
  auto const user = find_user(wanted);
  if (!user) return std::unexpected(user.error());
  if (user->uid == 0) return std::unexpected(std::string("the user must not be root"));
  if (::geteuid() == user->uid && ::getegid() == user->gid) return {};
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || !take_groups(*user) ||
      ::setresgid(user->gid, user->gid, user->gid) != 0 || ::setresuid(user->uid, user->uid, user->uid) != 0) {
    return std::unexpected("cannot become " + wanted + ": " + std::generic_category().message(errno));
  }
  return {};
}

}  // namespace inferway::app
