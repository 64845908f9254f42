#pragma once

#include "inferway/config/config.hpp"

#include <cstdint>
#include <expected>
#include <limits>
#include <string>
#include <string_view>

/// Numbers, durations and sizes as they stand in the file. An error is the rest of a sentence that begins with the
/// value: "has no unit; ...". It never repeats the value, which may be one not to be shown.
namespace inferway::config {

template <typename T>
using Parsed = std::expected<T, std::string>;

/// Inclusive at both ends.
template <typename T>
struct Range {
  T min;
  T max;
};

inline constexpr Milliseconds kLongest{std::chrono::hours(168)};
/// Most durations: a wait of nothing would fail at once.
inline constexpr Range<Milliseconds> kPositive{Milliseconds(1), kLongest};
inline constexpr Range<Milliseconds> kFromZero{Milliseconds(0), kLongest};

/// A whole number with ms, s, m or h.
[[nodiscard]] Parsed<Milliseconds> parse_duration(std::string_view text, Range<Milliseconds> range);
/// A whole number with B, KiB, MiB or GiB.
[[nodiscard]] Parsed<std::uint64_t> parse_size(std::string_view text, Range<std::uint64_t> range);
/// A whole decimal number: no sign but '-', no leading zero (YAML 1.1 took 010 for 8), no other notation.
[[nodiscard]] Parsed<std::int64_t> parse_integer(std::string_view text, Range<std::int64_t> range);

/// The shortest way to write it: 64KiB. (print_duration is in the room's face.)
[[nodiscard]] std::string print_size(std::uint64_t bytes);

}  // namespace inferway::config
