#include "scalars.hpp"

#include "inferway/base/text.hpp"

#include <optional>
#include <span>

namespace inferway::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr Unit kDurationUnits[] = {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}};
constexpr Unit kSizeUnits[] = {{"B", 1}, {"KiB", 1U << 10U}, {"MiB", 1U << 20U}, {"GiB", 1U << 30U}};

/// One kind of number with a unit, and how to talk about it.
struct Notation {
  std::span<Unit const> units;
  char const* example;
};
constexpr Notation kDurations{kDurationUnits, "a duration is a whole number with a unit: 250ms, 10s, 5m, 1h"};
constexpr Notation kSizes{kSizeUnits, "a size is a whole number with a unit: 512B, 64KiB, 32MiB, 1GiB"};

std::string print(std::uint64_t value, Notation const& notation) {
  Unit best = notation.units.front();
  for (auto const& unit : notation.units) {
    if (value != 0 && value % unit.factor == 0) best = unit;
  }
  return std::to_string(value / best.factor) + std::string(best.name);
}

Unit const* find_unit(std::string_view name, Notation const& notation) {
  for (auto const& unit : notation.units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

Parsed<std::uint64_t> parse(std::string_view text, Range<std::uint64_t> range, Notation const& notation) {
  auto const digits = text.find_first_not_of("0123456789");
  if (digits == std::string_view::npos && !text.empty()) {
    return std::unexpected("has no unit; " + std::string(notation.example));
  }
  auto const* const unit = digits == std::string_view::npos ? nullptr : find_unit(text.substr(digits), notation);
  auto const number = parse_decimal(text.substr(0, digits));
  if (digits == 0 || unit == nullptr) return std::unexpected("is not understood; " + std::string(notation.example));
  auto const outside = [&] {
    return std::unexpected("is out of range; " + print(range.min, notation) + " to " + print(range.max, notation));
  };
  if (!number || *number > range.max / unit->factor) return outside();
  auto const value = *number * unit->factor;
  if (value < range.min) return outside();
  return value;
}

}  // namespace

Parsed<Milliseconds> parse_duration(std::string_view text, Range<Milliseconds> range) {
  auto const count = [](Milliseconds duration) { return static_cast<std::uint64_t>(duration.count()); };
  auto const parsed = parse(text, {count(range.min), count(range.max)}, kDurations);
  if (!parsed) return std::unexpected(parsed.error());
  return Milliseconds(static_cast<Milliseconds::rep>(*parsed));
}

Parsed<std::uint64_t> parse_size(std::string_view text, Range<std::uint64_t> range) {
  return parse(text, range, kSizes);
}

Parsed<std::int64_t> parse_integer(std::string_view text, Range<std::int64_t> range) {
  bool const negative = text.starts_with('-');
  auto const digits = negative ? text.substr(1) : text;
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::unexpected("is not a whole decimal number");
  }
  if (digits.size() > 1 && digits.front() == '0') {
    return std::unexpected("begins with a zero, which some readers take for octal; write it without");
  }
  auto const number = parse_decimal(digits);
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  auto const value = number && *number <= kMost ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
  auto const signed_value = value && negative ? -*value : value.value_or(0);
  if (!value || signed_value < range.min || signed_value > range.max) {
    return std::unexpected("is out of range; " + std::to_string(range.min) + " to " + std::to_string(range.max));
  }
  return signed_value;
}

std::string print_duration(Milliseconds duration) {
  return print(static_cast<std::uint64_t>(duration.count()), kDurations);
}

std::string print_size(std::uint64_t bytes) { return print(bytes, kSizes); }

}  // namespace inferway::config
