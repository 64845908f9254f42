#include "made_up.hpp"

#include <array>
#include <cmath>

namespace inferway::mock {

namespace {

constexpr std::array<std::string_view, 32> kWords{
    "river",  "lantern", "quiet",   "copper", "morning", "paper",  "window",      "garden",
    "stone",  "silver",  "meadow",  "harbor", "winter",  "orange", "bridge",      "letter",
    "cloud",  "forest",  "music",   "yellow", "engine",  "market", "ocean",       "pencil",
    "rocket", "sugar",   "thunder", "valley", "whisper", "zebra",  "caf\xC3\xA9", "na\xC3\xAFve"};

}  // namespace

/// The finalizer of SplitMix64.
std::uint64_t mix(std::uint64_t state, std::uint64_t number) {
  std::uint64_t z = state + number * 0x9E3779B97F4A7C15ULL + 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

std::uint64_t mix(std::uint64_t state, std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;  // FNV-1a
  for (char const c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return mix(state, hash);
}

std::string hex(std::uint64_t number) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; number >>= 4U) text[i] = kDigits[number & 0xFU];
  return text;
}

std::string MadeUpText::token(std::uint64_t index) const {
  std::string token(kWords[mix(state_, index) % kWords.size()]);
  return index == 0 ? token : " " + token;
}

std::string MadeUpText::text(std::uint64_t tokens) const {
  std::string text;
  for (std::uint64_t i = 0; i < tokens; ++i) text += token(i);
  return text;
}

std::uint64_t count_words(std::string_view text) {
  std::uint64_t words = 0;
  bool inside = false;
  for (char const c : text) {
    bool const space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!space && !inside) ++words;
    inside = !space;
  }
  return words;
}

std::vector<float> made_up_embedding(std::uint64_t state, std::size_t dimensions) {
  std::vector<float> vector(dimensions);
  double square = 0;
  for (std::size_t i = 0; i < dimensions; ++i) {
    double const value = static_cast<double>(mix(state, i) >> 11U) / static_cast<double>(1ULL << 52U) - 1.0;
    vector[i] = static_cast<float>(value);
    square += value * value;
  }
  auto const length = static_cast<float>(std::sqrt(square));
  for (float& value : vector) value = length > 0 ? value / length : value;
  return vector;
}

}  // namespace inferway::mock
