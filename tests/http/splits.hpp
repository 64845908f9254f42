#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace inferway {

/// The pieces a reader may get of a text, each in memory of its own, so that a sanitizer sees a read beyond its end.
using Pieces = std::vector<std::vector<char>>;

inline std::string_view view(std::vector<char> const& piece) { return {piece.data(), piece.size()}; }

inline std::vector<char> copy(std::string_view text) { return {text.begin(), text.end()}; }

inline std::string describe(Pieces const& pieces) {
  return std::to_string(pieces.size()) + " pieces, the first of " +
         std::to_string(pieces.empty() ? 0 : pieces[0].size()) + " bytes";
}

/// Calls `check` with the text whole, in two pieces cut at every byte, and byte by byte.
template <typename Check>
void for_each_split(std::string_view text, Check check) {
  check(Pieces{copy(text)});
  for (std::size_t cut = 1; cut < text.size(); ++cut) check(Pieces{copy(text.substr(0, cut)), copy(text.substr(cut))});
  Pieces bytes;
  for (char const c : text) bytes.push_back({c});
  check(bytes);
}

/// The name of a table's row, for INSTANTIATE_TEST_SUITE_P.
inline constexpr auto kRowName = [](auto const& info) { return std::string(info.param.name); };

}  // namespace inferway
