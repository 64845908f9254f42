#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>

namespace inferway {

/// Memory for blocks of one size, mapped in slabs of 63 of them. It stands apart from the heap: what a burst of
/// requests took goes back to the system when they are gone, instead of lying there in holes between what lives longer.
/// One thread's. Under AddressSanitizer a use of what was given back is seen.
class Slabs {
 public:
  /// Slabs without a block in use that are kept for the next burst.
  static constexpr std::size_t kKeptIdle = 4;

  /// A block begins where anything may stand: `block_bytes` is rounded up to that.
  explicit Slabs(std::size_t block_bytes)
      : block_bytes_((std::max(block_bytes, kLeast) + kAlign - 1) & -kAlign),
        slab_bytes_(std::bit_ceil(block_bytes_ * (kBlocks + 1))) {}
  Slabs(Slabs const&) = delete;
  Slabs& operator=(Slabs const&) = delete;
  /// All blocks must be back.
  ~Slabs();

  /// Uninitialised; the one that came back last, if there is any. Throws std::bad_alloc.
  [[nodiscard]] char* take();
  void give_back(char* block);

  /// Of all slabs that are mapped now.
  [[nodiscard]] std::size_t mapped_bytes() const { return mapped_ * slab_bytes_; }

 private:
  struct Slab;
  static constexpr std::size_t kBlocks = 63;  ///< of a slab; the place of one more bears what is known of it
  static constexpr std::size_t kLeast = 64;   ///< room for that, and no slab smaller than a page
  static constexpr std::size_t kAlign = alignof(std::max_align_t);
  [[nodiscard]] Slab* map();
  void unmap(Slab* slab);
  void link(Slab* slab);
  void unlink(Slab* slab);

  std::size_t block_bytes_;
  std::size_t slab_bytes_;  ///< a power of two; what that is more than the blocks is never touched, and takes no memory
  Slab* available_ = nullptr;  ///< those with a free block
  std::size_t mapped_ = 0;
  std::size_t idle_ = 0;
};

}  // namespace inferway
