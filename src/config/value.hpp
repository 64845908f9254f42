#pragma once

#include "inferway/base/secret.hpp"
#include "problems.hpp"
#include "scalars.hpp"
#include "trail.hpp"
#include "yaml_tree.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace inferway::config {

/// One value of the file, or the place of one that is absent, with the way to it. Reading it as a type either gives
/// the value or notes an error and gives the fallback, so that a reader goes on and finds all errors at once.
/// A value whose substitution failed has been complained about: it reads as its fallback, in silence.
class Value {
 public:
  /// `node` is nullptr when the value is absent; then errors stand at `place`. `trail` may point to another value's.
  Value(Problems& problems, TreeNode const* node, Position place, Trail trail)
      : problems_(&problems), node_(node), place_(place), trail_(trail) {}

  [[nodiscard]] bool given() const { return node_ != nullptr; }
  [[nodiscard]] bool is(Kind kind) const { return given() && node_->kind == kind; }
  [[nodiscard]] Position position() const { return place_; }
  [[nodiscard]] Trail const& trail() const { return trail_; }
  [[nodiscard]] TreeNode const* node() const { return node_; }
  /// It came from a variable or a file, and must not be shown.
  [[nodiscard]] bool substituted() const { return given() && node_->substituted; }

  /// Numbers and booleans stand without quotes, unless they come from a variable.
  [[nodiscard]] Milliseconds duration(Milliseconds fallback, Range<Milliseconds> range = kPositive) const;
  [[nodiscard]] std::optional<Milliseconds> duration_or_null(Range<Milliseconds> range = kPositive) const;
  [[nodiscard]] std::uint64_t size(std::uint64_t fallback, Range<std::uint64_t> range) const;
  [[nodiscard]] std::int64_t integer(std::int64_t fallback, Range<std::int64_t> range) const;
  [[nodiscard]] std::uint32_t count(std::uint32_t fallback, Range<std::uint32_t> range) const;
  [[nodiscard]] bool boolean(bool fallback) const;
  /// Any scalar that is not empty and has no control character; nothing when absent or wrong.
  [[nodiscard]] std::optional<std::string> text() const;
  [[nodiscard]] std::optional<std::string> text_or_null() const;
  /// A header's value: may be empty. Errors do not show it.
  [[nodiscard]] std::optional<std::string> hidden_text() const;
  /// A provider key or a token: visible ASCII, not empty; null or absent: an empty Secret. Errors do not show it.
  [[nodiscard]] Secret secret() const;
  /// The enumerator that `names` has under its number.
  template <typename Enum>
  [[nodiscard]] Enum choice(Enum fallback, std::span<std::string_view const> names) const {
    auto const index = choice_index(names);
    return index ? static_cast<Enum>(*index) : fallback;
  }
  [[nodiscard]] std::optional<std::size_t> choice_index(std::span<std::string_view const> names) const;

  /// Calls `visit` for each item of a list; what is no list is an error. Returns the number of items.
  std::size_t each_item(std::function<void(Value const&)> const& visit) const;
  /// Calls `visit` for each key of a mapping; the value's position is the key's.
  std::size_t each_entry(std::function<void(std::string_view key, Value const&)> const& visit) const;

  /// Notes an error: the way here, the value (unless it is not to be shown), then `what`, the rest of the sentence.
  void complain(std::string_view what) const;
  /// The same for values that are secret, or may bear a secret.
  void complain_hidden(std::string_view what) const;
  /// The way here and `message`, without the value.
  void error(std::string_view message) const;
  void warning(std::string_view message) const;
  /// False when there have been so many errors that more would only be counted: no need to word them well.
  [[nodiscard]] bool errors_are_shown() const { return !problems_->full(); }

 private:
  friend class Section;
  /// The text of a scalar, or nullptr after an error. `expected` names what should stand here.
  [[nodiscard]] std::string const* scalar(std::string_view expected) const;
  [[nodiscard]] std::string const* plain_scalar(std::string_view expected) const;
  [[nodiscard]] bool broken() const { return given() && node_->kind == Kind::null && node_->substituted; }
  [[nodiscard]] std::string shown() const;

  Problems* problems_;
  TreeNode const* node_;
  Position place_;
  Trail trail_;
};

/// A mapping with a fixed set of keys: complains once about each key that is not among them, then hands out values.
/// Values point back to it, so it stays where it is.
class Section {
 public:
  /// An absent mapping counts as an empty one; anything but a mapping is an error, and then counts as empty.
  Section(Value const& value, std::span<std::string_view const> known);
  Section(Section const&) = delete;
  Section& operator=(Section const&) = delete;

  [[nodiscard]] Value operator[](std::string_view key) const;
  /// Notes an error when it is absent from a mapping that is there.
  [[nodiscard]] Value required(std::string_view key) const;
  [[nodiscard]] Value const& value() const { return value_; }

 private:
  void check_keys(std::span<std::string_view const> known) const;

  Value value_;
  bool usable_;
};

/// `, did you mean "x"?` when one of `known` is near, else the list of them.
[[nodiscard]] std::string suggestion(std::string_view word, std::span<std::string_view const> known);

}  // namespace inferway::config
