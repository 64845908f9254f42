#include "log_output.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace inferway::telemetry {

namespace {

constexpr int kPollMs = 100;

/// Non-blocking for the sake of named pipes: without a reader, opening one is an error instead of a wait without end.
int open_file(std::string const& path) {
  return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
}

bool is_regular(int descriptor) {
  struct stat status{};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

LogOutput::LogOutput(std::string destination) : path_(destination == "stdout" ? "" : std::move(destination)) {
  // A copy of stdout: should descriptor 1 be closed and given to something else, the log does not go there.
  descriptor_ = path_.empty() ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) : open_file(path_);
  if (descriptor_ < 0) {
    auto const cause = std::string(::strerrordesc_np(errno));  // at a reload, too: other threads run
    throw std::runtime_error("log.access: cannot open " + (path_.empty() ? "stdout" : path_) + ": " + cause);
  }
  regular_ = is_regular(descriptor_);
}

LogOutput::~LogOutput() { ::close(descriptor_); }

bool LogOutput::reopen() {
  if (path_.empty()) return true;
  int const fresh = open_file(path_);
  if (fresh < 0) return false;
  ::close(descriptor_);
  descriptor_ = fresh;
  regular_ = is_regular(descriptor_);
  return true;
}

std::size_t LogOutput::write(std::string_view bytes, std::function<bool()> const& give_up) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    std::size_t piece = bytes.size() - written;
    if (!regular_) {
      // A pipe that poll() calls writable takes PIPE_BUF bytes without blocking, and perhaps no more: so a reader that
      // stands still can hold up this thread only between two questions to give_up.
      pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
      int const count = ::poll(&ready, 1, kPollMs);
      if (count == 0 || (count < 0 && errno == EINTR)) {
        if (give_up()) break;
        continue;
      }
      piece = std::min<std::size_t>(piece, PIPE_BUF);
    }
    auto const taken = ::write(descriptor_, bytes.data() + written, piece);
    if (taken < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (taken <= 0) break;
    written += static_cast<std::size_t>(taken);
  }
  return written;
}

}  // namespace inferway::telemetry
