#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace inferway::routing {

/// The product of both as 128 bits, folded to 64: each bit of either touches all of them.
[[nodiscard]] inline std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  auto const product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

/// Eight bytes a step, a third of the instructions of std::hash for a path or a model.
[[nodiscard]] inline std::uint64_t hash_of(std::string_view text) {
  constexpr std::uint64_t kOdd = 0x9E37'79B9'7F4A'7C15;  // the golden ratio's bits
  auto const* const begin = text.data();
  auto const size = text.size();
  std::uint64_t hash = size * kOdd;
  std::uint64_t word = 0;
  for (std::size_t at = 0; at + sizeof word < size; at += sizeof word) {
    std::memcpy(&word, begin + at, sizeof word);
    hash = folded_product(hash ^ word, kOdd);
  }
  // The last bytes, perhaps some of them twice: the size is known to both sides.
  if (size >= sizeof word) {
    std::memcpy(&word, begin + size - sizeof word, sizeof word);
  } else if (size >= sizeof(std::uint32_t)) {
    std::uint32_t back = 0;
    std::memcpy(&back, begin + size - sizeof back, sizeof back);
    std::memcpy(&word, begin, sizeof back);
    word |= std::uint64_t{back} << 32U;
  } else {
    for (std::size_t at = 0; at < size; ++at) word = (word << 8U) | static_cast<unsigned char>(begin[at]);
  }
  return folded_product(hash ^ word, kOdd);
}

/// Not noexcept on purpose: libstdc++ then keeps each key's hash beside it, and a lookup in a full bucket neither
/// hashes nor compares the keys it passes.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return hash_of(text); }
};

/// Values by a text; looked up by string_view without a copy. Keys come from the configuration alone, so nobody outside
/// can choose them to collide.
template <typename Value>
using ByText = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

}  // namespace inferway::routing
