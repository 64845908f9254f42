#include "inferway/base/ip_address.hpp"

#include "inferway/base/text.hpp"

#include <algorithm>
#include <charconv>

namespace inferway {

namespace {

constexpr std::size_t kMappedBytes = 12;
constexpr std::array<std::uint8_t, kMappedBytes> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr std::size_t kGroups = 8;

using V4 = std::array<std::uint8_t, 4>;

/// Leading zeros are refused: some readers take 010 for 8.
std::optional<V4> parse_v4(std::string_view text) {
  V4 out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto const dot = text.find('.');
    if ((dot == std::string_view::npos) != (i == out.size() - 1)) return std::nullopt;
    auto const part = text.substr(0, dot);
    auto const number = parse_decimal(part);
    if (!number || *number > 0xFF || part.size() > 3 || (part.size() > 1 && part.front() == '0')) return std::nullopt;
    out[i] = static_cast<std::uint8_t>(*number);
    text.remove_prefix(i == out.size() - 1 ? text.size() : dot + 1);
  }
  return out;
}

/// Groups of 16 bits as they are met; those that "::" stands for lie at `gap`.
struct Groups {
  std::array<std::uint16_t, kGroups> values{};
  std::size_t count = 0;
  std::optional<std::size_t> gap;

  bool add(std::uint16_t value) {
    if (count == values.size()) return false;
    values[count++] = value;
    return true;
  }
};

std::optional<std::uint16_t> parse_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  unsigned value = 0;
  for (char const c : text) {
    auto const digit = hex_digit(c);
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<unsigned>(digit);
  }
  return static_cast<std::uint16_t>(value);
}

std::optional<Groups> parse_groups(std::string_view text) {
  Groups out;
  if (text.starts_with("::")) {
    out.gap = 0;
    text.remove_prefix(2);
    if (text.empty()) return out;
  }
  while (true) {
    auto const colon = text.find(':');
    auto const part = text.substr(0, colon);
    if (colon == std::string_view::npos && part.find('.') != std::string_view::npos) {
      auto const v4 = parse_v4(part);
      if (!v4 || !out.add(static_cast<std::uint16_t>((*v4)[0] << 8 | (*v4)[1]))) return std::nullopt;
      return out.add(static_cast<std::uint16_t>((*v4)[2] << 8 | (*v4)[3])) ? std::optional(out) : std::nullopt;
    }
    auto const group = parse_group(part);
    if (!group || !out.add(*group)) return std::nullopt;
    if (colon == std::string_view::npos) return out;
    text.remove_prefix(colon + 1);
    if (!text.starts_with(':')) continue;
    if (out.gap) return std::nullopt;
    out.gap = out.count;
    text.remove_prefix(1);
    if (text.empty()) return out;
  }
}

std::optional<IpAddress::Bytes> parse_v6(std::string_view text) {
  auto const groups = parse_groups(text);
  // "::" stands for one group at least.
  if (!groups || (groups->gap ? groups->count >= kGroups : groups->count != kGroups)) return std::nullopt;
  IpAddress::Bytes out{};
  auto const behind = groups->gap ? kGroups - groups->count : 0;
  for (std::size_t i = 0; i < groups->count; ++i) {
    auto const at = groups->gap && i >= *groups->gap ? i + behind : i;
    out[2 * at] = static_cast<std::uint8_t>(groups->values[i] >> 8);
    out[2 * at + 1] = static_cast<std::uint8_t>(groups->values[i] & 0xFF);
  }
  return out;
}

void append_number(std::string& out, unsigned value, int base) {
  std::array<char, 8> digits;  // to_chars fills it
  auto const [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value, base);
  out.append(digits.data(), end);
}

/// The longest run of two zero groups or more, the first of equal ones: what "::" stands for (RFC 5952 section 4.2).
struct Run {
  std::size_t begin = 0;
  std::size_t size = 0;
};
Run longest_zeros(std::span<std::uint16_t const, kGroups> groups) {
  Run best;
  Run now;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    now = groups[i] != 0 ? Run{i + 1, 0} : Run{now.begin, now.size + 1};
    if (now.size > best.size) best = now;
  }
  return best.size > 1 ? best : Run{};
}

/// `fill`: what the bits behind the prefix become.
IpAddress::Bytes cut_at(IpAddress::Bytes bytes, std::size_t prefix, std::uint8_t fill) {
  for (std::size_t i = prefix / 8; i < bytes.size(); ++i) {
    auto const kept = i == prefix / 8 ? static_cast<std::uint8_t>(0xFF00 >> (prefix % 8)) : std::uint8_t{0};
    bytes[i] = static_cast<std::uint8_t>((bytes[i] & kept) | (fill & ~kept));
  }
  return bytes;
}

}  // namespace

IpAddress IpAddress::v4(std::span<std::uint8_t const, 4> bytes) {
  IpAddress out;
  std::ranges::copy(kMapped, out.bytes_.begin());
  std::ranges::copy(bytes, out.bytes_.begin() + kMappedBytes);
  return out;
}

IpAddress IpAddress::v6(std::span<std::uint8_t const, 16> bytes) {
  IpAddress out;
  std::ranges::copy(bytes, out.bytes_.begin());
  return out;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (auto const bytes = parse_v4(text)) return v4(*bytes);
  if (auto const bytes = parse_v6(text)) return v6(*bytes);
  return std::nullopt;
}

bool IpAddress::is_v4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes_.begin()); }

IpAddress IpAddress::first_of(unsigned prefix) const { return v6(cut_at(bytes_, prefix + (128 - bits()), 0)); }
IpAddress IpAddress::last_of(unsigned prefix) const { return v6(cut_at(bytes_, prefix + (128 - bits()), 0xFF)); }

std::string to_string(IpAddress const& address) {
  auto const& bytes = address.bytes();
  std::string out;
  if (address.is_v4()) {
    for (std::size_t i = kMappedBytes; i < bytes.size(); ++i) {
      if (i > kMappedBytes) out += '.';
      append_number(out, bytes[i], 10);
    }
    return out;
  }
  std::array<std::uint16_t, kGroups> groups{};
  for (std::size_t i = 0; i < kGroups; ++i) {
    groups[i] = static_cast<std::uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  }
  auto const zeros = longest_zeros(groups);
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (zeros.size > 0 && i == zeros.begin) {
      out += "::";
      i += zeros.size - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    append_number(out, groups[i], 16);
  }
  return out;
}

IpSet::IpSet(std::span<IpNetwork const> networks) {
  for (auto const& network : networks) {
    auto& ranges = network.address.is_v4() ? v4_ : v6_;
    ranges.push_back({network.address.first_of(network.prefix), network.address.last_of(network.prefix)});
  }
  for (auto* const ranges : {&v4_, &v6_}) {
    // Of two networks either holds the other, or they are apart. The larger one is to stand first.
    std::ranges::sort(*ranges, [](Range const& a, Range const& b) {
      return a.first != b.first ? a.first < b.first : a.last > b.last;
    });
    auto const within = [](Range const& larger, Range const& other) { return other.last <= larger.last; };
    ranges->erase(std::unique(ranges->begin(), ranges->end(), within), ranges->end());
  }
}

bool IpSet::contains(IpAddress const& address) const {
  auto const& ranges = address.is_v4() ? v4_ : v6_;
  auto const behind = std::ranges::upper_bound(ranges, address, {}, &Range::first);
  return behind != ranges.begin() && address <= std::prev(behind)->last;
}

}  // namespace inferway
