#pragma once

#include "content.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// What a connection has still to send: bytes, then perhaps a content that is not copied.
class Output {
 public:
  /// Sends what goes at once and keeps the rest. False: the connection is broken.
  bool send(int descriptor, std::string_view bytes);
  /// Bytes, then a content, which must outlive this.
  bool send(int descriptor, std::string_view bytes, Content const& content);
  /// Goes on with what was kept.
  bool flush(int descriptor);

  bool waits() const { return at_ < kept_.size() || content_ != nullptr; }
  /// Bytes of contents sent up to now, for rates of long transfers.
  std::uint64_t content_bytes() const { return content_bytes_; }

 private:
  bool send_content(int descriptor);

  std::string kept_;
  std::size_t at_ = 0;
  Content const* content_ = nullptr;
  std::uint64_t content_at_ = 0;
  std::uint64_t content_bytes_ = 0;
};

}  // namespace bench
