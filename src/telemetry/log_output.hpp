#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace inferway::telemetry {

/// Where the access log's bytes go: stdout or a file (appended to, created with mode 0640). The writer's thread only.
class LogOutput {
 public:
  /// `destination`: "stdout" or a path. Errors: std::runtime_error when it cannot be opened.
  explicit LogOutput(std::string destination);
  LogOutput(LogOutput const&) = delete;
  LogOutput& operator=(LogOutput const&) = delete;
  ~LogOutput();

  /// Writes until all is written, the output fails, or `give_up` says so; it is asked ten times a second while a pipe's
  /// reader takes nothing. Returns how many bytes were written. A broken pipe raises no signal in a thread that blocks
  /// SIGPIPE.
  [[nodiscard]] std::size_t write(std::string_view bytes, std::function<bool()> const& give_up);

  /// Opens the file anew; stdout stays. False when that failed: the old file stays.
  [[nodiscard]] bool reopen();

 private:
  std::string path_;  ///< empty: stdout
  int descriptor_ = -1;
  bool regular_ = false;  ///< a regular file: it never makes a writer wait for a reader
};

}  // namespace inferway::telemetry
