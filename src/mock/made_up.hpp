#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace inferway::mock {

/// A hash with well mixed bits, the same on every machine.
[[nodiscard]] std::uint64_t mix(std::uint64_t state, std::string_view text);
[[nodiscard]] std::uint64_t mix(std::uint64_t state, std::uint64_t number);

/// 16 hexadecimal digits: the end of an id.
[[nodiscard]] std::string hex(std::uint64_t number);

/// The text that answers a prompt: the same prompt, model and seed give the same words, whenever and wherever.
class MadeUpText {
 public:
  explicit MadeUpText(std::uint64_t state) : state_(state) {}
  /// The token at a place: a word, with a space before it but at the front.
  [[nodiscard]] std::string token(std::uint64_t index) const;
  /// The first tokens in a row.
  [[nodiscard]] std::string text(std::uint64_t tokens) const;

 private:
  std::uint64_t state_;
};

/// How many words stand in a text: what the mock counts as tokens.
[[nodiscard]] std::uint64_t count_words(std::string_view text);

/// A vector of length 1 for a text.
[[nodiscard]] std::vector<float> made_up_embedding(std::uint64_t state, std::size_t dimensions);

}  // namespace inferway::mock
