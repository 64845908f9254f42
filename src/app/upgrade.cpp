#include "upgrade.hpp"

#include "environment.hpp"
#include "inferway/base/text.hpp"
#include "inferway/base/wipe_freed.hpp"
#include "inferway/telemetry/log.hpp"
#include "inherited.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace inferway::app {

namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
constexpr char kReadyVariable[] = "INFERWAY_READY_FD";
constexpr std::string_view kPidPlace = "LISTEN_PID=          ";

[[noreturn]] void fail(std::string const& what) {
  throw std::system_error(errno, std::generic_category(), "the upgrade cannot be begun: " + what);
}

/// As this process was started. argv[0] with a slash is a path, which by now may lead to another version; without one
/// it is looked up in PATH again.
std::vector<std::string> own_arguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> out;
  for (std::string argument; std::getline(file, argument, '\0');) out.push_back(std::move(argument));
  if (out.empty()) throw std::runtime_error("the upgrade cannot be begun: /proc/self/cmdline is empty");
  return out;
}

std::vector<std::string> environment_for(std::vector<HandedOn> const& sockets, std::string const& notify_socket) {
  std::vector<std::string> out;
  for (char** variable = environ; *variable != nullptr; ++variable) out.emplace_back(*variable);
  std::string names;
  for (auto const& socket : sockets) {
    names.append(names.empty() ? "" : ":")
        .append(socket.owned ? Inherited::kOwned : std::string_view("inferway-given"));
  }
  out.push_back("LISTEN_FDS=" + std::to_string(sockets.size()));
  out.push_back("LISTEN_FDNAMES=" + names);
  out.push_back(std::string(kReadyVariable) + "=" + std::to_string(kFirst + sockets.size()));
  if (!notify_socket.empty()) out.push_back("NOTIFY_SOCKET=" + notify_socket);
  out.emplace_back(kPidPlace);  // filled in by the new process itself
  return out;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// In the child, where other threads are missing: only what is safe in a signal handler, and no allocation.
[[noreturn]] void become(std::vector<int>& descriptors, char* const* arguments, char* const* variables,
                         char* pid_place) {
  sigset_t none;
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &usual, nullptr);
  auto const count = static_cast<int>(descriptors.size());
  // First out of the way of each other, then to their places.
  for (auto& descriptor : descriptors) descriptor = ::fcntl(descriptor, F_DUPFD_CLOEXEC, kFirst + count);
  for (int i = 0; i < count; ++i) ::dup2(descriptors[static_cast<std::size_t>(i)], kFirst + i);
  auto const end = std::to_chars(pid_place, pid_place + 10, ::getpid()).ptr;
  *end = '\0';
  ::execvpe(arguments[0], arguments, variables);
  ::_exit(127);
}

}  // namespace

Upgrade::Upgrade(net::Loop& loop, std::vector<HandedOn> const& sockets, std::string const& notify_socket,
                 std::function<void(bool)> done)
    : loop_(loop), done_(std::move(done)), deadline_(loop.wheel(), *this) {
  WipeFreed const wipe;  // the environment may bear keys
  auto arguments = own_arguments();
  auto variables = environment_for(sockets, notify_socket);
  auto const argument_pointers = pointers_to(arguments);
  auto const variable_pointers = pointers_to(variables);
  auto* const pid_place = variables.back().data() + kPidPlace.find('=') + 1;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) fail("no pipe");
  pipe_ = net::Descriptor(ends[0]);
  net::Descriptor const other(ends[1]);
  std::vector<int> descriptors;
  descriptors.reserve(sockets.size() + 1);
  for (auto const& socket : sockets) descriptors.push_back(socket.descriptor);
  descriptors.push_back(other.get());
  pid_ = ::fork();
  if (pid_ < 0) fail("no process");
  if (pid_ == 0) become(descriptors, argument_pointers.data(), variable_pointers.data(), pid_place);
  loop_.add(*this, pipe_.get(), EPOLLIN);
  watching_ = true;
  deadline_.arm(Clock::now() + kPatience);
}

Upgrade::~Upgrade() {
  if (watching_) stop();
}

void Upgrade::stop_watching() {
  loop_.remove(*this, pipe_.get());
  watching_ = false;
  deadline_.disarm();
}

/// If it is there still, it must not serve beside us.
void Upgrade::stop() {
  stop_watching();
  ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
}

void Upgrade::on_events(std::uint32_t) {
  char byte = 0;
  auto const got = ::read(pipe_.get(), &byte, 1);
  if (got < 0) return;
  finish(got == 1, "it ended, or could not be started");
}

void Upgrade::notify() { finish(false, "it was not ready in time"); }

void Upgrade::finish(bool ready, std::string const& why) {
  if (!watching_) return;
  if (ready) {
    stop_watching();
  } else {
    stop();
    telemetry::log_error("the upgrade failed, and this process goes on: of process " + std::to_string(pid_) + ", " +
                         why);
  }
  loop_.defer([done = std::move(done_), ready] { done(ready); });
}

Predecessor Predecessor::from_environment() {
  auto const text = take_variable(kReadyVariable);
  Predecessor out;
  auto const number = parse_decimal(text);
  if (!number || *number < kFirst || *number > 4096) return out;
  auto const descriptor = static_cast<int>(*number);
  if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0) out.pipe_ = net::Descriptor(descriptor);
  return out;
}

void Predecessor::ready() {
  if (!pipe_) return;
  [[maybe_unused]] auto const written = ::write(pipe_.get(), "1", 1);
  pipe_.close();
}

}  // namespace inferway::app
