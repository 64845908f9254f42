#include "watch.hpp"

#include "inferway/telemetry/log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <system_error>
#include <unistd.h>

namespace inferway::app {

namespace {

std::string directory_of(std::string const& path) {
  auto const slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_same(timespec const& one, timespec const& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

}  // namespace

Watch::Mark Watch::Mark::of(std::string const& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {.there = true,
          .device = status.st_dev,
          .inode = status.st_ino,
          .size = status.st_size,
          .modified = status.st_mtim,
          .changed = status.st_ctim};
}

bool Watch::Mark::operator==(Mark const& other) const {
  return there == other.there && device == other.device && inode == other.inode && size == other.size &&
         is_same(modified, other.modified) && is_same(changed, other.changed);
}

Watch::Watch(net::Loop& loop, std::string path, std::function<void()> on_change)
    : loop_(loop),
      path_(std::move(path)),
      on_change_(std::move(on_change)),
      inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      look_(loop.wheel(), *this),
      seen_(Mark::of(path_)) {
  if (!inotify_ || !follow_directory()) {
    telemetry::log_warn("reload.watch: no inotify (" + std::system_category().message(errno) +
                        "); the file is looked at every 5 s");
    inotify_.close();
  } else {
    loop_.add(*this, inotify_.get(), EPOLLIN);
  }
  look_.arm(Clock::now() + kPoll);
}

Watch::~Watch() {
  if (inotify_) loop_.remove(*this, inotify_.get());
}

/// The path may lead to another directory by now.
bool Watch::follow_directory() {
  // Not each write: an access log may lie beside the file.
  constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ATTRIB;
  int const before = directory_;
  int const now = ::inotify_add_watch(inotify_.get(), directory_of(path_).c_str(), kEvents);
  if (now < 0) return false;
  directory_ = now;
  if (before >= 0 && before != now) ::inotify_rm_watch(inotify_.get(), before);
  return true;
}

void Watch::reading() {
  // When it cannot be followed, looking at the file now and then goes on.
  if (inotify_) static_cast<void>(follow_directory());
  seen_ = Mark::of(path_);
}

/// Which file it was about does not matter: a link on the way to ours may have any name.
void Watch::on_events(std::uint32_t) {
  alignas(inotify_event) std::array<char, 4096> events;
  while (::read(inotify_.get(), events.data(), events.size()) > 0) {
  }
  first_ = std::min(first_, loop_.now());
  look_.arm(std::min(loop_.now() + kQuiet, first_ + kAtMost));
}

void Watch::notify() {
  look_.arm(loop_.now() + kPoll);
  first_ = TimePoint::max();
  auto const now = Mark::of(path_);
  if (now == seen_) return;
  seen_ = now;
  // A file that is gone is about to be replaced.
  if (now.there) loop_.defer([call = on_change_] { call(); });
}

}  // namespace inferway::app
