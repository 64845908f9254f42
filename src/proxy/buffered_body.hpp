#pragma once

#include "inferway/proxy/proxy.hpp"

#include <boost/container/small_vector.hpp>

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace inferway::proxy {

/// A request body read whole, as pieces in the order they came. What came together with the head stays where it is;
/// the rest lies in blocks of the worker's pool, charged to limits.buffered_bytes.
class BufferedBody {
 public:
  BufferedBody(net::BlockPool& pool, BufferedBytes& buffered, std::uint64_t limit, telemetry::Shard& shard)
      : pool_(pool), buffered_(buffered), limit_(limit), shard_(shard) {}
  BufferedBody(BufferedBody const&) = delete;
  BufferedBody& operator=(BufferedBody const&) = delete;
  ~BufferedBody();

  /// Reads what there is now; the new piece, an empty one at the end, nothing when it would block. Errors: those of
  /// read_body, and overloaded when buffered_bytes is reached.
  [[nodiscard]] Result<std::optional<std::string_view>> read_some(server::Downstream& downstream);

  [[nodiscard]] bool whole() const { return whole_; }
  [[nodiscard]] std::span<std::string_view const> pieces() const {
    return splice_bytes_ ? std::span(spliced_) : std::span(pieces_);
  }
  [[nodiscard]] std::span<std::string_view const> original() const { return pieces_; }  ///< as it was read
  [[nodiscard]] std::uint64_t original_bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t bytes() const { return splice_bytes_.value_or(bytes_); }

  /// Puts `value` in the place of `length` bytes at `offset` of the body as it was read; all others stay as they are.
  /// `value` must live as long as this or until the next splice. Nothing is left of an earlier one.
  void splice(std::uint64_t offset, std::uint64_t length, std::string_view value);
  void unsplice() { splice_bytes_.reset(); }

  /// Gives the memory back: the body is not needed any more.
  void release();

 private:
  [[nodiscard]] Result<void> make_room();
  [[nodiscard]] Result<void> copy(std::string_view data);

  net::BlockPool& pool_;
  BufferedBytes& buffered_;
  std::uint64_t limit_;
  telemetry::Shard& shard_;
  using Pieces = boost::container::small_vector<std::string_view, 1>;  ///< most bodies come with their heads

  std::vector<net::Block> blocks_;
  std::size_t used_ = 0;  ///< of the last block
  std::uint64_t charged_ = 0;
  Pieces pieces_;
  Pieces spliced_;
  std::optional<std::uint64_t> splice_bytes_;  ///< spliced_ is the body
  std::uint64_t bytes_ = 0;
  bool tried_ = false;  ///< the session's own memory holds no more of it
  bool whole_ = false;
};

}  // namespace inferway::proxy
