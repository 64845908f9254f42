#pragma once

#include "inferway/net/loop.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <sys/stat.h>

namespace inferway::app {

/// Tells when a file has become another one: written in place, replaced by a rename, or reached by a symbolic link that
/// was turned (as Kubernetes does with the files of a ConfigMap). The directory is watched by inotify for what happens
/// there; what happens beyond it (behind a link, on a network's file system) is looked for every kPoll.
class Watch final : private net::Source, private net::Watcher {
 public:
  static constexpr Duration kPoll = std::chrono::seconds(5);
  /// After the last event: whoever writes a file in pieces is given the time to end.
  static constexpr Duration kQuiet = std::chrono::milliseconds(100);
  /// However much goes on beside it.
  static constexpr Duration kAtMost = std::chrono::seconds(1);

  Watch(net::Loop& loop, std::string path, std::function<void()> on_change);
  ~Watch();
  /// The file is about to be read: as it stands now it is no news.
  void reading();

 private:
  /// What tells one state of a file from another, without reading it.
  struct Mark {
    bool there = false;
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    timespec modified{};
    timespec changed{};  ///< its owner and mode as well: what could not be read may be readable by now
    [[nodiscard]] static Mark of(std::string const& path);
    [[nodiscard]] bool operator==(Mark const& other) const;
  };
  void on_events(std::uint32_t events) override;
  void notify() override;
  [[nodiscard]] bool follow_directory();

  net::Loop& loop_;
  std::string path_;
  std::function<void()> on_change_;
  net::Descriptor inotify_;
  int directory_ = -1;  ///< what inotify calls it
  net::Deadline look_;
  TimePoint first_ = TimePoint::max();  ///< event since it was looked at last
  Mark seen_;
};

}  // namespace inferway::app
