#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace inferway::dialect {

/// The inside of a JSON string without its escapes: `raw` itself where there are none, else what is written to
/// `storage`. Nothing for a lone surrogate. The escapes must be well formed.
[[nodiscard]] std::optional<std::string_view> unescape_json(std::string_view raw, std::string& storage);

inline constexpr std::string_view kTooLong = "is longer than 1024 bytes";
inline constexpr std::string_view kLoneSurrogate = "has a lone surrogate";

}  // namespace inferway::dialect
