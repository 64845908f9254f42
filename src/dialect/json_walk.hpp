#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace inferway::dialect {

/// How many bytes at the front are one JSON value: strings are read whole, brackets are only counted. 0 when it is
/// broken or does not end. Neither recursive nor allocating.
[[nodiscard]] std::size_t value_bytes(std::string_view text);

/// Walks the members of an object, or the elements of an array, as they stand in their text: views, nothing unescaped.
class JsonWalk {
 public:
  struct Item {
    std::string_view key;    ///< inside its quotes, escapes and all; "" in an array
    std::string_view value;  ///< from its first byte to its last
  };

  /// `text`: the value, perhaps with white space around it. What is neither object nor array has no items.
  explicit JsonWalk(std::string_view text);

  [[nodiscard]] std::optional<Item> next();

  [[nodiscard]] bool is_object() const { return close_ == '}'; }
  [[nodiscard]] bool is_array() const { return close_ == ']'; }
  /// next() has come to the closing bracket, and nothing but white space follows it.
  [[nodiscard]] bool whole() const { return whole_; }
  /// What next() has not read yet; once it has come to the end, from the closing bracket on.
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  [[nodiscard]] bool skip(char c);
  void skip_space();
  void end();

  std::string_view rest_;
  char close_ = '\0';  ///< '\0' where it is neither
  bool first_ = true;
  bool over_ = false;
  bool whole_ = false;
};

/// The value of an object's member, the last one of that name; "" without one.
[[nodiscard]] std::string_view member(std::string_view object, std::string_view key);

/// A string's inside, escapes and all; nothing for other values.
[[nodiscard]] std::optional<std::string_view> string_inside(std::string_view value);
/// A number without sign, fraction and exponent.
[[nodiscard]] std::optional<std::uint64_t> number_in(std::string_view value);
/// Absent ("") or null.
[[nodiscard]] bool is_null(std::string_view value);
/// Absent, null, or an empty string, array or object: nothing to anyone.
[[nodiscard]] bool is_blank(std::string_view value);

}  // namespace inferway::dialect
