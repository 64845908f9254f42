#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace inferway::dialect {

/// The inside of a JSON string without its escapes; nothing for a lone surrogate. The escapes must be well formed.
[[nodiscard]] std::optional<std::string> unescape_json(std::string_view raw);

inline constexpr std::string_view kTooLong = "is longer than 1024 bytes";
inline constexpr std::string_view kLoneSurrogate = "has a lone surrogate";

}  // namespace inferway::dialect
