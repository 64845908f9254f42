#pragma once

#include "inferway/base/slabs.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace inferway::net {

class BlockPool;

/// A piece of uninitialised memory on loan from a pool.
class Block {
 public:
  Block() = default;
  Block(Block&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Block& operator=(Block&& other) noexcept;
  ~Block() { reset(); }

  [[nodiscard]] char* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  explicit operator bool() const { return data_ != nullptr; }
  void reset();

 private:
  friend class BlockPool;
  Block(BlockPool* pool, char* data, std::size_t size) : pool_(pool), data_(data), size_(size) {}
  BlockPool* pool_ = nullptr;
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A worker's memory blocks of two sizes, reused last in first out while they are still in the cache. Must outlive its
/// blocks.
class BlockPool {
 public:
  static constexpr std::size_t kSmall = 16 * 1024;  ///< a request head, as a rule with its body
  static constexpr std::size_t kLarge = 64 * 1024;  ///< a piece of a body

  BlockPool() = default;
  BlockPool(BlockPool const&) = delete;
  BlockPool& operator=(BlockPool const&) = delete;

  /// A block of at least `bytes`: small, large, or exactly that many.
  [[nodiscard]] Block take(std::size_t bytes);

 private:
  friend class Block;
  friend class Buffer;
  struct Memory {
    char* data;
    std::size_t size;
  };
  [[nodiscard]] Memory lend(std::size_t bytes);
  void give_back(char* data, std::size_t size);
  Slabs small_{kSmall};
  Slabs large_{kLarge};
};

/// Bytes read but not used up: a contiguous window into a block that grows as needed and is given back when empty. Less
/// than 4 GiB; every connection has several, so they are kept small.
class Buffer {
 public:
  explicit Buffer(BlockPool& pool) : pool_(pool) {}
  Buffer(Buffer const&) = delete;
  Buffer& operator=(Buffer const&) = delete;
  ~Buffer() { release(); }

  [[nodiscard]] std::string_view view() const { return {data_ + begin_, size()}; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  /// Room behind the content, at least `bytes`: the content may move (views become invalid).
  [[nodiscard]] std::span<char> room(std::size_t bytes);
  /// Room behind the content without moving it; may be empty.
  [[nodiscard]] std::span<char> spare() const { return {data_ + end_, capacity_ - end_}; }
  void grow(std::size_t bytes) { end_ += static_cast<std::uint32_t>(bytes); }  ///< so many of the room were filled
  void consume(std::size_t bytes) { begin_ += static_cast<std::uint32_t>(bytes); }
  [[gnu::always_inline]] void append(std::string_view bytes) { append_all(bytes); }
  /// Pieces, one behind the other, with one look at the room for all of them. In place: heads are written in many small
  /// parts, of which most are texts that the compiler knows.
  template <typename... Pieces>
  [[gnu::always_inline]] void append(Pieces const&... pieces) {
    append_all(std::string_view(pieces)...);
  }
  /// Exchanges the content with another buffer of the same pool.
  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
  }
  /// Forgets the content and returns the memory.
  void release() {
    if (data_ != nullptr) pool_.give_back(std::exchange(data_, nullptr), capacity_);
    capacity_ = begin_ = end_ = 0;
  }

 private:
  template <typename... Pieces>
  [[gnu::always_inline]] void append_all(Pieces... pieces) {
    auto const bytes = (pieces.size() + ...);
    if (bytes == 0) return;
    char* at = (bytes > capacity_ - end_ ? room(bytes).data() : data_ + end_);
    __builtin_assume(at != nullptr);
    ((at = put(at, pieces)), ...);
    grow(bytes);
  }
  /// Returns what is behind the copy. Where the compiler does not know the size, a short text is two pieces that
  /// overlap: less than a call.
  [[gnu::always_inline]] static char* put(char* to, std::string_view piece) {
    auto const size = piece.size();
    auto const* const from = piece.data();
    auto const ends = [&]<typename Word>(Word) {
      Word front;
      Word back;
      std::memcpy(&front, from, sizeof front);
      std::memcpy(&back, from + size - sizeof back, sizeof back);
      std::memcpy(to, &front, sizeof front);
      std::memcpy(to + size - sizeof back, &back, sizeof back);
    };
    if (__builtin_constant_p(size) != 0 ? size > 0 : size > 16) {
      std::memcpy(to, from, size);
    } else if (size >= 8) {
      ends(std::uint64_t());
    } else if (size >= 4) {
      ends(std::uint32_t());
    } else {
      for (std::size_t i = 0; i < size; ++i) to[i] = from[i];
    }
    return to + size;
  }

  BlockPool& pool_;
  char* data_ = nullptr;
  std::uint32_t capacity_ = 0;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
};

}  // namespace inferway::net
