#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// White space at the end of a partial message. Chat templates cut it off, or do not; and a model that has to go on
/// behind a space writes worse than one that may write it as the front of its next word.
namespace inferway::dialect {

/// The inside of a JSON string, less the white space (space, tab, line ends; escaped or not) at its end.
[[nodiscard]] std::string_view without_white_end(std::string_view raw);

/// That white space, unescaped.
[[nodiscard]] std::string white_end(std::string_view raw);

/// How many bytes at the front of a JSON string's inside say the same as the front of `white`. Shortens `white` by what
/// was found; clears it where the text goes on otherwise.
[[nodiscard]] std::size_t repeated_white(std::string_view raw, std::string& white);

}  // namespace inferway::dialect
