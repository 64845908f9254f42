#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace inferway::dialect {

/// Changes to a text at a few places, all else left byte by byte. The places are views into it.
class JsonEdits {
 public:
  explicit JsonEdits(std::string_view text) : text_(text) {}

  void replace(std::string_view place, std::string with) {
    edits_.push_back({offset(place), place.size(), std::move(with)});
  }
  void insert_before(std::string_view place, std::string what) {
    edits_.push_back({offset(place), 0, std::move(what)});
  }
  void insert_behind(std::string_view place, std::string what) {
    edits_.push_back({offset(place) + place.size(), 0, std::move(what)});
  }
  [[nodiscard]] bool empty() const { return edits_.empty(); }

  /// The text as changed. Where two begin at one place, the one made first stands first.
  [[nodiscard]] std::string apply() &&;

 private:
  struct Edit {
    std::size_t offset;
    std::size_t length;
    std::string with;
  };

  [[nodiscard]] std::size_t offset(std::string_view place) const {
    return static_cast<std::size_t>(place.data() - text_.data());
  }

  std::string_view text_;
  std::vector<Edit> edits_;
};

}  // namespace inferway::dialect
