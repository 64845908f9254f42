#pragma once

#include <cstddef>

namespace inferway::net {

/// Memory for blocks of one size, mapped in slabs of 63 of them. It stands apart from the heap: what a burst of
/// requests took goes back to the system when they are gone, instead of lying there in holes between what lives longer.
/// One thread's.
class Slabs {
 public:
  /// Slabs without a block in use that are kept for the next burst.
  static constexpr std::size_t kKeptIdle = 4;

  /// `block_bytes`: a power of two, a page at least.
  explicit Slabs(std::size_t block_bytes) : block_bytes_(block_bytes) {}
  Slabs(Slabs const&) = delete;
  Slabs& operator=(Slabs const&) = delete;
  /// All blocks must be back.
  ~Slabs();

  /// Uninitialised; the one that came back last, if there is any. Throws std::bad_alloc.
  [[nodiscard]] char* take();
  void give_back(char* block);

  /// Of all slabs that are mapped now.
  [[nodiscard]] std::size_t mapped_bytes() const { return mapped_ * slab_bytes(); }

 private:
  struct Slab;
  static constexpr std::size_t kBlocks = 63;  ///< of a slab; the place of one more bears what is known of it
  [[nodiscard]] std::size_t slab_bytes() const { return block_bytes_ * (kBlocks + 1); }
  [[nodiscard]] Slab* map();
  void unmap(Slab* slab);
  void link(Slab* slab);
  void unlink(Slab* slab);

  std::size_t block_bytes_;
  Slab* available_ = nullptr;  ///< those with a free block
  std::size_t mapped_ = 0;
  std::size_t idle_ = 0;
};

}  // namespace inferway::net
