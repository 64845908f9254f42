#pragma once

#include <cstdint>
#include <limits>

namespace inferway::balance {

/// A small fast generator for choices, not for secrets: splitmix64. The same seed gives the same row.
/// A std::uniform_random_bit_generator.
class Random {
 public:
  using result_type = std::uint64_t;

  explicit Random(std::uint64_t seed) : state_(seed) {}

  [[nodiscard]] std::uint64_t operator()() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  /// 0 to bound - 1, each equally likely; 0 for a bound of 0. Lemire's multiplication without rejection: for bounds
  /// below 2^32, such as sums of weights, the bias is below 2^-32.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((Wide{operator()()} * bound) >> 64);
  }

  [[nodiscard]] static constexpr std::uint64_t min() { return 0; }
  [[nodiscard]] static constexpr std::uint64_t max() { return std::numeric_limits<std::uint64_t>::max(); }

 private:
  std::uint64_t state_;
};

}  // namespace inferway::balance
