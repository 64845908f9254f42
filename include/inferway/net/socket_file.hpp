#pragma once

#include "inferway/net/descriptor.hpp"

#include <string>
#include <sys/types.h>

namespace inferway::net {

/// The file of a Unix socket that this process has bound. Its owner removes it, unless it was replaced meanwhile: by
/// another process that took the place over, or by hand.
class SocketFile {
 public:
  SocketFile() = default;
  /// The file as it stands at `path` now.
  explicit SocketFile(std::string path);
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile() { remove(); }

  /// Nobody finds the socket any more. While the socket is open, that is: only then does its file keep its inode number
  /// to itself.
  void remove();
  /// It is another process's from now on.
  void leave() { path_.clear(); }

 private:
  std::string path_;  ///< empty: there is none
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

struct UnixListener {
  Descriptor socket;
  SocketFile file;  ///< behind the socket, so that it goes first
};

/// Listens on a Unix socket that its owner and group may connect to (mode 0660); nobody else can at any moment. The
/// file that a dead process left behind is replaced. Errors (std::system_error, std::runtime_error that name
/// `shown_as`): somebody listens there, the file is no socket, the directory cannot be written.
[[nodiscard]] UnixListener listen_on_unix(std::string const& path, std::string const& shown_as);

}  // namespace inferway::net
