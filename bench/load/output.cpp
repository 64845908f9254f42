#include "output.hpp"

#include <cerrno>
#include <sys/socket.h>

namespace bench {
namespace {

/// Bytes that went, 0 when none do now, -1 when the connection is broken.
ssize_t send_some(int descriptor, std::string_view bytes, int more) {
  auto const sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL | more);
  if (sent >= 0) return sent;
  return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

}  // namespace

bool Output::send(int descriptor, std::string_view bytes) {
  if (waits()) {
    kept_.append(bytes);
    return true;
  }
  auto const sent = send_some(descriptor, bytes, 0);
  if (sent < 0) return false;
  if (static_cast<std::size_t>(sent) < bytes.size()) {
    kept_ = bytes.substr(static_cast<std::size_t>(sent));
    at_ = 0;
  }
  return true;
}

bool Output::send(int descriptor, std::string_view bytes, Content const& content) {
  kept_.append(bytes);
  content_ = &content;
  content_at_ = 0;
  return flush(descriptor);
}

bool Output::flush(int descriptor) {
  while (at_ < kept_.size()) {
    auto const sent = send_some(descriptor, std::string_view(kept_).substr(at_), content_ != nullptr ? MSG_MORE : 0);
    if (sent <= 0) return sent == 0;
    at_ += static_cast<std::size_t>(sent);
  }
  kept_.clear();
  at_ = 0;
  return content_ == nullptr || send_content(descriptor);
}

bool Output::send_content(int descriptor) {
  while (content_at_ < content_->size()) {
    auto const sent = send_some(descriptor, content_->from(content_at_), 0);
    if (sent <= 0) return sent == 0;
    content_at_ += static_cast<std::uint64_t>(sent);
    content_bytes_ += static_cast<std::uint64_t>(sent);
  }
  content_ = nullptr;
  return true;
}

}  // namespace bench
