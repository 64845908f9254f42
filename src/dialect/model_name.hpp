#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace inferway::dialect {

/// The inside of a JSON string without its escapes; nothing for a lone surrogate. The escapes must be well formed.
[[nodiscard]] std::optional<std::string> unescape_json(std::string_view raw);

/// Whether a name is one that can be matched and logged: 1 to 1,024 bytes of UTF-8 without controls.
[[nodiscard]] bool is_model_name(std::string_view name);

}  // namespace inferway::dialect
