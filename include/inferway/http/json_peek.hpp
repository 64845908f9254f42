#pragma once

#include "inferway/http/front.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace inferway::http {

/// A member of a JSON object: `key`, or `key` of the object that is the member `outer` (or of the objects in the array
/// that is). Plain ASCII, at most JsonPeek::kMaxText bytes. A key that is spelt with escapes is not recognised.
struct JsonPath {
  std::string_view outer;  ///< "": `key` stands at the top
  std::string_view key;
};

/// Watches a JSON text that arrives in pieces for a few members near its top, in constant memory: strings, nesting and
/// keys are told apart, all else is not checked. What is no JSON yields nothing in particular, and never an error.
class JsonPeek {
 public:
  static constexpr std::size_t kMaxPaths = 4;
  static constexpr std::size_t kMaxText = 32;

  enum class Kind : std::uint8_t { absent, null, literal, string, array, object };

  /// At most kMaxPaths of them. They must outlive this.
  explicit JsonPeek(std::span<JsonPath const> paths) : paths_(paths.first(std::min(paths.size(), kMaxPaths))) {}

  void feed(std::string_view piece);
  /// Begins a new text.
  void reset() { *this = JsonPeek(paths_); }

  /// What the member at `path` (its index) is, once its value was fed to the end (a bracket's: to its beginning). Of
  /// several the last one that is not null.
  [[nodiscard]] Kind kind(std::size_t path) const { return found_[path].kind; }
  /// A literal (true, false, a number), or a string's inside as it stands there, escapes and all; cut, but so that
  /// what is longer than kMaxText is equal to nothing shorter.
  [[nodiscard]] std::string_view text(std::size_t path) const { return found_[path].text.view(); }

 private:
  struct Found {
    Kind kind = Kind::absent;
    Front<kMaxText> text;
  };
  enum class State : std::uint8_t { between, string, escape, literal };
  static constexpr std::size_t kMaxLevel = 3;  // {"outer": [{"key": the value

  void step(char c);
  void begin(char c);
  void end_scalar(Kind kind);
  [[nodiscard]] std::uint8_t watched() const;

  std::span<JsonPath const> paths_;
  std::array<Found, kMaxPaths> found_{};
  std::array<Front<kMaxText>, kMaxLevel + 1> keys_{};  ///< the key under way at each level
  Front<kMaxText> scalar_;                             ///< the string (perhaps a key) or literal read last
  State state_ = State::between;
  bool value_due_ = false;           ///< behind a colon
  std::uint8_t target_ = kMaxPaths;  ///< the path whose value is being read, or kMaxPaths
  std::size_t level_ = 0;            ///< open brackets
};

}  // namespace inferway::http
