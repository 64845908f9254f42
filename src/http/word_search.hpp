#pragma once

#include <string_view>

namespace inferway::http {

/// Whether `word`, of two bytes at least, stands in `text`. Made for words whose first two bytes are a rare pair, such
/// as "\"error\"" in JSON: string_view::find() stops at every quotation mark, and memmem() costs several instructions a
/// byte.
[[nodiscard]] bool contains(std::string_view text, std::string_view word);

}  // namespace inferway::http
