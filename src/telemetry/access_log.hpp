#pragma once

#include "inferway/config/config.hpp"
#include "inferway/telemetry/telemetry.hpp"
#include "log_output.hpp"
#include "names.hpp"
#include "record_ring.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace inferway::telemetry {

/// Formats and writes what the workers put into their rings, on a thread of its own. It looks into the rings every
/// 50 ms (every 5 ms while there is much): a worker never has to wake it. A log that is slow or full stops only this
/// thread; then rings run full, and lines are lost and counted.
class AccessLog {
 public:
  /// One ring a worker. Errors: std::runtime_error when the log cannot be opened.
  AccessLog(config::Log const& log, Names const& names, std::size_t workers);
  AccessLog(AccessLog const&) = delete;
  AccessLog& operator=(AccessLog const&) = delete;
  ~AccessLog();

  [[nodiscard]] RecordRing& ring(std::size_t worker) { return *rings_[worker]; }
  [[nodiscard]] std::uint64_t written() const { return written_.get(); }
  /// Lines that could not be written. Those that met a full ring are counted by whoever pushed them.
  [[nodiscard]] std::uint64_t lost() const { return lost_.get(); }
  /// False while the log is off: what is pushed then is written nowhere.
  [[nodiscard]] std::atomic<bool> const& wanted() const { return wanted_; }
  void reopen();
  /// What is in the rings already is written as before. `output`: where it goes once the writer has seen it, which is
  /// soon; nullptr: nothing changes there, or the log is off.
  void change(config::Log const& log, std::shared_ptr<LogOutput> output);

 private:
  struct Target {
    config::Log log;
    std::shared_ptr<LogOutput> output;
  };
  void start_thread();
  void run();
  std::size_t drain();
  void flush();
  void reopen_output();
  void take_over(Target target);
  [[nodiscard]] bool given_up();

  std::vector<std::unique_ptr<RecordRing>> rings_;
  Counter written_;
  Counter lost_;

  std::atomic<bool> wanted_;

  // The writer's own.
  MetNames names_;
  config::LogFormat format_;
  std::shared_ptr<LogOutput> output_;  ///< nullptr: off
  std::uint64_t batch_lines_ = 0;
  std::string batch_;
  bool torn_ = false;     ///< the last write ended inside a line
  bool failing_ = false;  ///< the last write failed, which has been said
  int patience_ = 10;     ///< how often more to ask a reader that takes nothing, once it is time to end

  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> stopping_{false};
  bool reopen_wanted_ = false;
  std::optional<Target> next_;
  std::thread thread_;
};

}  // namespace inferway::telemetry
