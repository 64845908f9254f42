#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

/// The file in which the counting library and the test meet; counted.py reads it by the same layout.
namespace inferway::allocations {

inline constexpr std::size_t kFrames = 32;
inline constexpr std::size_t kRecords = 4096;

enum class Kind : std::uint8_t { malloc = 1, calloc, realloc, aligned, free };

/// One allocation, and from where it came: return addresses, the innermost first.
struct Record {
  std::uint64_t size;
  std::uint32_t thread;
  std::uint16_t depth;
  Kind kind;
  void* frames[kFrames];
};

struct Ledger {
  std::atomic<std::uint64_t> allocations;
  std::atomic<std::uint64_t> frees;
  std::atomic<std::uint64_t> bytes;
  std::atomic<std::uint64_t> wanted;  ///< as many allocations are recorded; the test sets it
  std::atomic<std::uint64_t> recorded;
  Record records[kRecords];
};

}  // namespace inferway::allocations
