#include "yaml_tree.hpp"

#include "source_text.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <tuple>

namespace inferway::config {

namespace {

Position position_of(YAML::Mark const& mark) {
  return mark.is_null() ? Position{} : Position{mark.line + 1, mark.column + 1};
}

/// The library takes the end of the file for the end of an open quote, so that a file cut short would pass. A mark
/// that ends the document is an error there, and says nothing new anywhere else.
std::string with_end_mark(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out.back() != '\n') out += '\n';
  return out + "...\n";
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

}  // namespace

/// Builds the tree from the library's events. Its node interface is not used: that one keeps duplicate keys silently,
/// follows alias cycles for ever and copies too much. Ends early by throwing ParserException, as the library does.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(Tree& tree, Problems& problems) : tree_(tree), problems_(problems) {}

  void OnDocumentStart(YAML::Mark const& mark) override {
    if (++documents_ > 1) throw YAML::ParserException(mark, "a second document; a configuration is one");
  }
  void OnDocumentEnd() override {}

  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    auto& node = make(Kind::null, mark, anchor);
    attach(node, mark);
  }

  void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    TreeNode* const node = anchor < anchors_.size() ? anchors_[anchor] : nullptr;
    if (node == nullptr || !node->complete) throw YAML::ParserException(mark, "an alias inside what it stands for");
    attach(*node, mark);
  }

  void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                std::string const& value) override {
    check_tag(mark, tag, "tag:yaml.org,2002:str");
    if (expects_key() && anchor == YAML::NullAnchor) {
      take_key(mark, value);
      return;
    }
    auto& node = make(Kind::scalar, mark, anchor);
    node.plain = tag == "?";
    node.text = value;
    attach(node, mark);
  }

  void OnSequenceStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_tag(mark, tag, "tag:yaml.org,2002:seq");
    open(Kind::list, mark, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_tag(mark, tag, "tag:yaml.org,2002:map");
    open(Kind::mapping, mark, anchor);
  }
  void OnMapEnd() override {
    complain_about_twins(*open_.back().node);
    close();
  }

 private:
  struct Open {
    TreeNode* node;
    bool has_key = false;     ///< of a mapping: the next event is a value
    bool key_usable = false;  ///< false: that value is read, and dropped
  };

  [[nodiscard]] bool expects_key() const {
    return !open_.empty() && open_.back().node->kind == Kind::mapping && !open_.back().has_key;
  }

  void take_key(YAML::Mark const& mark, std::string const& key) {
    auto& parent = open_.back();
    parent.has_key = true;
    parent.key_usable = !key.empty();
    if (key.empty()) {
      problems_.error(position_of(mark), "a key must not be empty");
    } else {
      parent.node->entries.push_back({key, position_of(mark), nullptr});
    }
  }

  TreeNode& make(Kind kind, YAML::Mark const& mark, YAML::anchor_t anchor) {
    auto& node = tree_.nodes_.emplace_back();
    node.kind = kind;
    node.position = position_of(mark);
    if (anchor != YAML::NullAnchor) {
      if (anchors_.size() <= anchor) anchors_.resize(anchor + 1);
      anchors_[anchor] = &node;
    }
    return node;
  }

  /// Puts a value where it belongs: the root, an item of a list, or behind the key that was read before.
  void attach(TreeNode& node, YAML::Mark const& mark) {
    if (node.complete) count(node.weight, mark);
    if (open_.empty()) {
      tree_.root_ = &node;
      return;
    }
    auto& parent = open_.back();
    if (parent.node->kind == Kind::list) {
      parent.node->entries.push_back({{}, node.position, &node});
      return;
    }
    if (!parent.has_key) {
      problems_.error(position_of(mark), "a key must be plain text");
      parent.has_key = true;
      parent.key_usable = false;
      return;
    }
    parent.has_key = false;
    if (!parent.key_usable) return;
    auto& entry = parent.node->entries.back();
    // The library reports an empty value at whatever comes next.
    if (node.kind == Kind::null) node.position = entry.key_position;
    entry.value = &node;
  }

  /// `weight` more nodes in the innermost open collection.
  void count(std::size_t weight, YAML::Mark const& mark) {
    if (!open_.empty()) open_.back().node->weight += weight;
    total_ += weight;
    if (total_ > Tree::kMaxNodes) throw YAML::ParserException(mark, "too many values, aliases counted in full");
  }

  void open(Kind kind, YAML::Mark const& mark, YAML::anchor_t anchor) {
    if (open_.size() >= Tree::kMaxDepth) throw YAML::ParserException(mark, "nested too deeply");
    auto& node = make(kind, mark, anchor);
    node.complete = false;
    attach(node, mark);
    open_.push_back({&node});
    ++total_;
  }

  void close() {
    TreeNode& node = *open_.back().node;
    node.complete = true;
    open_.pop_back();
    if (!open_.empty()) open_.back().node->weight += node.weight;
  }

  void check_tag(YAML::Mark const& mark, std::string const& tag, std::string_view allowed) {
    // "?" is a plain value and "!" a quoted one; "" a collection without a tag.
    if (tag.empty() || tag == "?" || tag == "!" || tag == allowed) return;
    problems_.error(position_of(mark), "the tag " + quoted(tag) + " has no meaning here; write the value without it");
  }

  void complain_about_twins(TreeNode const& mapping) {
    scratch_.clear();
    for (auto const& entry : mapping.entries) scratch_.push_back(&entry);
    std::ranges::sort(scratch_, {}, [](Entry const* entry) {
      return std::tuple<std::string_view, int, int>(entry->key, entry->key_position.line, entry->key_position.column);
    });
    for (std::size_t i = 1; i < scratch_.size(); ++i) {
      if (scratch_[i]->key != scratch_[i - 1]->key) continue;
      problems_.error(scratch_[i]->key_position, "the key " + quoted(scratch_[i]->key) +
                                                     " is given twice; it stands in line " +
                                                     std::to_string(scratch_[i - 1]->key_position.line) + " already");
    }
  }

  Tree& tree_;
  Problems& problems_;
  std::vector<Open> open_;
  std::vector<TreeNode*> anchors_;
  std::vector<Entry const*> scratch_;
  std::size_t total_ = 0;
  int documents_ = 0;
};

Tree parse_yaml(std::string_view text, Problems& problems) {
  Tree tree;
  if (auto bad = find_bad_character(text)) {
    problems.error(bad->position, std::move(bad->message));
    return tree;
  }
  bool whole = false;
  try {
    std::istringstream stream{with_end_mark(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(tree, problems);
    while (parser.HandleNextDocument(builder)) {
    }
    whole = true;
  } catch (YAML::Exception const& exception) {
    bool const in_quotes = exception.msg == YAML::ErrorMsg::DOC_IN_SCALAR;
    problems.error(position_of(exception.mark),
                   "not valid YAML: " + (in_quotes ? "a quote before this is not closed" : exception.msg));
  }
  return whole ? std::move(tree) : Tree{};
}

}  // namespace inferway::config
