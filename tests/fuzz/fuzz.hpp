#pragma once

#include "http/splits.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

/// What the fuzz targets share. A target is one function, one_input(); entry.cpp hands it to libFuzzer, replay.cpp
/// feeds it files. An input is text with marks in it, so that a seed can be read and written by people, and the fuzzer
/// cuts it wherever it puts a mark.
namespace inferway::fuzz {

/// Here the input arrives in another piece. Not part of it.
inline constexpr std::string_view kCut = "\xFE\xFF";
/// Here another text begins, for targets that take several.
inline constexpr std::string_view kNext = "\xFE\xFE";

/// What a target does with an input. Ends the process when something is wrong.
void one_input(std::string_view input);

inline void must(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline std::vector<std::string_view> split(std::string_view text, std::string_view mark) {
  std::vector<std::string_view> parts;
  while (true) {
    auto const end = text.find(mark);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + mark.size());
  }
}

/// One text, and the ways in which it arrives.
struct Arrivals {
  std::string whole;
  std::vector<Pieces> ways;  ///< in one piece, cut where the marks are, and, unless it is long, byte by byte
};

inline Arrivals arrivals(std::string_view marked) {
  static constexpr std::size_t kByteByByte = 512;
  Arrivals out;
  Pieces cut;
  for (auto const piece : split(marked, kCut)) {
    out.whole += piece;
    if (!piece.empty()) cut.push_back(copy(piece));
  }
  out.ways.push_back({copy(out.whole)});
  if (cut.size() > 1) out.ways.push_back(std::move(cut));
  if (out.whole.size() > kByteByByte) return out;
  Pieces bytes;
  for (char const c : out.whole) bytes.push_back({c});
  out.ways.push_back(std::move(bytes));
  return out;
}

/// Reads the text in all ways: whatever `read` makes of it must be the same. Returns that.
template <typename Read>
auto read_alike(Arrivals const& text, Read read) {
  auto whole = read(text.ways.front());
  for (std::size_t i = 1; i < text.ways.size(); ++i) {
    must(read(text.ways[i]) == whole, "the text is read alike however it is cut");
  }
  return whole;
}

}  // namespace inferway::fuzz
