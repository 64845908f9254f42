#pragma once

#include "value.hpp"

#include <cstdint>
#include <vector>

namespace inferway::config {

/// One weight. 0 takes a choice out of service without removing it.
inline constexpr Range<std::uint32_t> kWeights{0, 1'000'000};

/// Complains when the weights of all `choices` add up to zero (nothing could be chosen), or to more than 32 bits hold
/// with ease.
template <typename Choice>
void check_weights(Value const& value, std::vector<Choice> const& choices) {
  constexpr std::uint64_t kMostTogether = 1'000'000'000;
  std::uint64_t sum = 0;
  for (auto const& choice : choices) sum += choice.weight;
  if (!choices.empty() && sum == 0) value.error("the weights add up to zero, so nothing could be chosen");
  if (sum > kMostTogether) value.error("the weights add up to more than " + std::to_string(kMostTogether));
}

}  // namespace inferway::config
