#pragma once

#include "inferway/config/config.hpp"
#include "problems.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace inferway::config {

enum class Kind : std::uint8_t { null, scalar, list, mapping };

struct TreeNode;

/// A key with its value, or one item of a list (then `key` is empty).
struct Entry {
  std::string key;
  Position key_position;
  TreeNode* value = nullptr;
};

/// One value of the file. A null stands where its key does.
struct TreeNode {
  Kind kind = Kind::null;
  bool plain = false;        ///< a scalar without quotes: may be a number or true
  bool substituted = false;  ///< something in `text` came from a variable or a file: not to be shown
  bool resolved = false;     ///< substitution was here (an aliased node is reached several times)
  bool complete = true;      ///< false while it is being read: an alias to it would be a cycle
  Position position;
  std::string text;            ///< of a scalar
  std::vector<Entry> entries;  ///< of a list or mapping, in file order
  std::size_t weight = 1;      ///< nodes below and including this one, aliases counted in full
};

/// A parsed file. Owns its nodes; an alias is the same node in a second place.
class Tree {
 public:
  static constexpr std::size_t kMaxDepth = 32;
  static constexpr std::size_t kMaxNodes = 4'000'000;

  [[nodiscard]] TreeNode* root() const { return root_; }

 private:
  friend class TreeBuilder;
  std::deque<TreeNode> nodes_;
  TreeNode* root_ = nullptr;
};

/// Reads one YAML document. This is the only place that knows a YAML library. Errors (into `problems`): text that is
/// not UTF-8 or bears control characters, YAML syntax, a key given twice or one that is not text, more than one
/// document, tags other than !!str, !!map and !!seq, an alias inside its own anchor, more than kMaxDepth levels or
/// kMaxNodes nodes. After an error of syntax the tree's root is nullptr.
[[nodiscard]] Tree parse_yaml(std::string_view text, Problems& problems);

}  // namespace inferway::config
