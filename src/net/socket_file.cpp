#include "inferway/net/socket_file.hpp"

#include "backlog.hpp"
#include "inferway/net/address.hpp"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <stdexcept>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace inferway::net {

namespace {

constexpr mode_t kMode = 0660;

/// How long another process may be at the same place in the directory.
/// On the main thread, at the start or at a reload: two seconds in all, while admin port and signals wait.
constexpr int kLockTries = 200;
constexpr std::chrono::milliseconds kLockPause{10};

[[noreturn]] void fail(std::string const& what, std::string const& shown_as) {
  throw std::system_error(errno, std::generic_category(), what + " " + shown_as);
}

/// Keeps another gateway from looking at the file between our bind and listen, when it looks like a dead one's, and
/// from removing what we bind. Only a help: without it (the directory cannot be read) two that start at once may
/// collide.
class DirectoryLock {
 public:
  explicit DirectoryLock(std::string const& path)
      : directory_(::open(path.substr(0, path.rfind('/') + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    for (int i = 0; directory_ && i < kLockTries; ++i) {
      if (::flock(directory_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
      std::this_thread::sleep_for(kLockPause);
    }
  }

 private:
  Descriptor directory_;  ///< closing it unlocks
};

/// Removes what a dead process left at `path`; throws when it is anything else.
void remove_stale(Address const& address, std::string const& path, std::string const& shown_as) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    fail("cannot look at the file of", shown_as);
  }
  if (!S_ISSOCK(status.st_mode)) {
    throw std::runtime_error("cannot bind " + shown_as + ": there is a file that is no socket");
  }
  Descriptor const probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!probe) fail("cannot open a socket for", shown_as);
  bool const connected = ::connect(probe.get(), address.data(), address.size()) == 0;
  if (connected || errno == EAGAIN || errno == EPROTOTYPE) {
    throw std::runtime_error("cannot bind " + shown_as + ": another process listens there");
  }
  if (errno == ENOENT) return;
  if (errno != ECONNREFUSED) fail("cannot find out whether another process listens on", shown_as);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail("cannot remove the dead socket of", shown_as);
}

}  // namespace

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat status{};
  if (::lstat(path_.c_str(), &status) != 0) path_.clear();
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
    device_ = other.device_;
    inode_ = other.inode_;
  }
  return *this;
}

void SocketFile::remove() {
  if (path_.empty()) return;
  auto const path = std::exchange(path_, {});
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return;
  if (status.st_dev == device_ && status.st_ino == inode_) ::unlink(path.c_str());
}

UnixListener listen_on_unix(std::string const& path, std::string const& shown_as) {
  auto const address = Address::unix_path(path);
  if (!address) throw std::runtime_error("not a path for a Unix socket: " + shown_as);
  UnixListener out;
  out.socket = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!out.socket) fail("cannot open a socket for", shown_as);
  // The file that bind() makes takes its mode from the socket, less the umask: never more than this, not for a moment.
  if (::fchmod(out.socket.get(), kMode) != 0) fail("cannot set the mode of", shown_as);
  DirectoryLock const lock(path);
  if (::bind(out.socket.get(), address->data(), address->size()) != 0) {
    if (errno != EADDRINUSE) fail("cannot bind", shown_as);
    remove_stale(*address, path, shown_as);
    if (::bind(out.socket.get(), address->data(), address->size()) != 0) fail("cannot bind", shown_as);
  }
  out.file = SocketFile(path);
  // Before listen(), so nobody is turned away for a mode that the umask made narrower.
  if (::chmod(path.c_str(), kMode) != 0) fail("cannot set the mode of", shown_as);
  if (::listen(out.socket.get(), kBacklog) != 0) fail("cannot listen on", shown_as);
  return out;
}

}  // namespace inferway::net
