#include "access_log.hpp"

#include "access_line.hpp"
#include "inferway/telemetry/log.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <pthread.h>
#include <sched.h>

namespace inferway::telemetry {

namespace {

constexpr std::size_t kBatchBytes = 64 * 1024;
constexpr std::size_t kMany = RecordRing::kCapacity / 16;
constexpr std::chrono::milliseconds kIdlePause(50);
constexpr std::chrono::milliseconds kBusyPause(5);

}  // namespace

AccessLog::AccessLog(config::Log const& log, Names const& names, std::size_t workers)
    : wanted_(log.access != "off"),
      names_(names),
      format_(log.format),
      output_(wanted_ ? std::make_shared<LogOutput>(log.access) : nullptr) {
  for (std::size_t i = 0; i < workers; ++i) rings_.push_back(std::make_unique<RecordRing>());
  batch_.reserve(kBatchBytes + kUsualLineRoom);
  start_thread();
}

AccessLog::~AccessLog() {
  {
    std::scoped_lock const lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void AccessLog::reopen() {
  {
    std::scoped_lock const lock(mutex_);
    reopen_wanted_ = true;
  }
  wake_.notify_one();
}

void AccessLog::change(config::Log const& log, std::shared_ptr<LogOutput> output) {
  {
    std::scoped_lock const lock(mutex_);
    // Two changes at once: the second may count on the first one's output.
    if (output == nullptr && next_ && log.access != "off") output = std::move(next_->output);
    next_ = Target{log, std::move(output)};
  }
  wanted_ = log.access != "off";
  wake_.notify_one();
}

/// The thread inherits a mask that blocks every signal: those for the process go to the threads that handle them, and a
/// broken pipe is an error of write() and nothing else. Waking up, it takes a core from no worker in the midst of its
/// work (SCHED_BATCH): lines can wait, tokens cannot. It is as good as any other where the system does not allow that.
void AccessLog::start_thread() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread_.native_handle(), "access-log");
  sched_param const no_priority{};
  pthread_setschedparam(thread_.native_handle(), SCHED_BATCH, &no_priority);
}

void AccessLog::run() {
  for (bool stop = false; !stop;) {
    bool reopen = false;
    std::optional<Target> next;
    {
      std::scoped_lock const lock(mutex_);
      stop = stopping_;
      reopen = std::exchange(reopen_wanted_, false);
      next = std::exchange(next_, std::nullopt);
    }
    // What came before goes where it went before; but nothing came while the log was off.
    if (next && output_ == nullptr) take_over(*std::exchange(next, std::nullopt));
    auto const records = drain();
    if (next) take_over(std::move(*next));
    if (reopen) reopen_output();
    std::unique_lock lock(mutex_);
    auto const told = [this] { return stopping_ || reopen_wanted_ || next_; };
    if (stop) break;
    if (output_ == nullptr) {
      wake_.wait(lock, told);
    } else {
      wake_.wait_for(lock, records > kMany ? kBusyPause : kIdlePause, told);
    }
  }
}

/// One round through the rings. At most what a ring holds is taken from it, so that a busy worker holds up no other.
std::size_t AccessLog::drain() {
  std::size_t records = 0;
  for (auto& ring : rings_) {
    for (std::size_t taken = 0; taken < RecordRing::kCapacity; ++taken) {
      auto const* record = ring->front();
      if (record == nullptr) break;
      append_access_line(batch_, *record, names_.of(*record), format_);
      ++batch_lines_;
      ring->pop();
      ++records;
      if (batch_.size() >= kBatchBytes) flush();
    }
  }
  flush();
  return records;
}

void AccessLog::flush() {
  if (batch_.empty()) return;
  // After a write that failed inside a line, the next line begins on a line of its own.
  std::size_t const mended = torn_ ? 1 : 0;
  if (torn_) batch_.insert(batch_.begin(), '\n');
  if (output_ == nullptr) {  // turned off while these were on their way
    batch_.clear();
    batch_lines_ = 0;
    return;
  }
  auto const bytes = patience_ > 0 ? output_->write(batch_, [this] { return given_up(); }) : 0;
  auto const lines = [this](std::size_t from, std::size_t to) {
    from = std::min(from, to);
    return static_cast<std::uint64_t>(std::count(batch_.data() + from, batch_.data() + to, '\n'));
  };
  if (bytes == batch_.size()) {
    written_.add(batch_lines_);
  } else {
    written_.add(lines(mended, bytes));
    lost_.add(lines(std::max(mended, bytes), batch_.size()));
  }
  if (bytes > 0) torn_ = batch_[bytes - 1] != '\n';
  bool const failed = bytes < batch_.size();
  if (failed && !failing_)
    log_error("the access log cannot be written; lines are lost (inferway_access_log_dropped_total)");
  if (!failed && failing_) log_info("the access log can be written again");
  failing_ = failed;
  batch_.clear();
  batch_lines_ = 0;
}

void AccessLog::take_over(Target target) {
  format_ = target.log.format;
  if (target.log.access == "off") {
    output_.reset();
  } else if (target.output != nullptr) {
    output_ = std::move(target.output);
    torn_ = failing_ = false;
  }
}

void AccessLog::reopen_output() {
  if (output_ == nullptr || output_->reopen()) {
    torn_ = false;
  } else {
    log_error("the access log cannot be opened anew; the old file stays in use");
  }
}

/// While the gateway runs, a reader may take its time. At the end it has a second from its last byte.
bool AccessLog::given_up() { return stopping_ && --patience_ <= 0; }

}  // namespace inferway::telemetry
