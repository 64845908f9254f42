#include "source_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace inferway::config {

std::expected<std::string, std::string> read_source(std::string const& path, std::size_t max_bytes) {
  auto const reason = [](int error) { return std::unexpected(std::generic_category().message(error)); };
  if (path.find('\0') != std::string::npos) return std::unexpected(std::string("the path bears a NUL"));
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> const file(std::fopen(path.c_str(), "rbe"));
  if (!file) return reason(errno);
  std::string content;
  std::array<char, 16 * 1024> block;
  while (std::feof(file.get()) == 0) {
    auto const size = std::fread(block.data(), 1, block.size(), file.get());
    // A directory opens, but its first read fails.
    if (std::ferror(file.get()) != 0) return reason(errno);
    content.append(block.data(), size);
    if (content.size() > max_bytes) {
      return std::unexpected("it is larger than " + std::to_string(max_bytes) + " bytes");
    }
  }
  return content;
}

}  // namespace inferway::config
