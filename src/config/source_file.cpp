#include "source_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace inferway::config {
namespace {

class OpenFile {
 public:
  explicit OpenFile(std::string const& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  OpenFile(OpenFile const&) = delete;
  OpenFile& operator=(OpenFile const&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

/// Without a stream's buffer, and without one on the stack: nobody would zero these, and the file may hold keys.
std::expected<std::string, std::string> read_source(std::string const& path, std::size_t max_bytes) {
  constexpr std::size_t kBlock = 16 * 1024;
  auto const reason = [](int error) { return std::unexpected(std::generic_category().message(error)); };
  if (path.find('\0') != std::string::npos) return std::unexpected(std::string("the path bears a NUL"));
  OpenFile const file(path);
  if (file.descriptor() < 0) return reason(errno);
  std::string content;
  for (std::size_t size = 0;;) {
    content.resize(size + kBlock);
    // A directory opens, but its first read fails.
    auto const got = ::read(file.descriptor(), content.data() + size, kBlock);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return reason(errno);
    size += static_cast<std::size_t>(got);
    if (size > max_bytes) return std::unexpected("it is larger than " + std::to_string(max_bytes) + " bytes");
    if (got > 0) continue;
    content.resize(size);
    return content;
  }
}

}  // namespace inferway::config
