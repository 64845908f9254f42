#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace inferway {

/// The eight hexadecimal digits of `value`, in lower case, all at once: as bytes of one word, without a look-up each.
[[nodiscard]] constexpr std::array<char, 8> hex_digits(std::uint32_t value) {
  // Each of the four bits to a byte of its own, the first digit in the lowest byte.
  std::uint64_t word = std::byteswap(value);
  word = (word | word << 16) & 0x0000FFFF0000FFFF;
  word = (word | word << 8) & 0x00FF00FF00FF00FF;
  word = (word >> 4 & 0x000F000F000F000F) | (word << 8 & 0x0F000F000F000F00);
  // 6 more takes ten and above beyond four bits; they are letters, which come 39 behind where the digits would go on.
  auto const letters = (word + 0x0606060606060606) >> 4 & 0x0101010101010101;
  word += 0x3030303030303030 + letters * 39;
  if constexpr (std::endian::native == std::endian::big) word = std::byteswap(word);
  return std::bit_cast<std::array<char, 8>>(word);
}

}  // namespace inferway
