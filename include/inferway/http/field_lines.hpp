#pragma once

#include "inferway/http/head.hpp"

#include <span>
#include <string_view>

/// Field lines on their way out of a head and into another.
namespace inferway::http {

/// The whole line of a field that is written as it came; nothing when it is to be put together anew. Its value may have
/// been replaced since it was parsed.
[[nodiscard]] inline std::string_view plain_line(Field const& field) {
  bool const plain = field.plain && field.value.data() == field.name.data() + field.name.size() + 2;
  if (!plain) return {};
  return {field.name.data(), field.name.size() + field.value.size() + 4};
}

/// Appends the lines of the fields that pass to `out`, whose append() takes one piece or several. What stands together
/// in the head they came in goes in one piece.
template <typename Out, typename Passes>
void append_lines(Out& out, std::span<Field const> fields, Passes passes) {
  std::string_view piece;
  for (auto const& field : fields) {
    if (!passes(field)) continue;
    auto const line = plain_line(field);
    if (!line.empty() && line.data() == piece.data() + piece.size()) {
      piece = {piece.data(), piece.size() + line.size()};
      continue;
    }
    if (!piece.empty()) out.append(piece);
    piece = line;
    if (line.empty()) out.append(field.name, ": ", field.value, "\r\n");
  }
  if (!piece.empty()) out.append(piece);
}

}  // namespace inferway::http
