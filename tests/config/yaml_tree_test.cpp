#include "yaml_tree.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

/// The tree on one line: null as ~, quoted scalars in '', lists in [], mappings in {}.
std::string print(TreeNode const* node) {
  if (node == nullptr) return "nothing";
  std::string out;
  switch (node->kind) {
    case Kind::null: return "~";
    case Kind::scalar: return node->plain ? node->text : "'" + node->text + "'";
    case Kind::list:
      for (auto const& entry : node->entries) out += (out.empty() ? "" : " ") + print(entry.value);
      return "[" + out + "]";
    case Kind::mapping:
      for (auto const& entry : node->entries) {
        out += (out.empty() ? "" : " ") + entry.key + "=" + print(entry.value);
      }
      return "{" + out + "}";
  }
  return out;
}

struct Row {
  char const* name;
  std::string_view text;
  std::string_view want;
};
constexpr Row kRows[] = {
    {"block", "a: 1\nb:\n  - x\n  - y: z\n", "{a=1 b=[x {y=z}]}"},
    {"flow", "{a: [1, 2], b: {c: d}}", "{a=[1 2] b={c=d}}"},
    {"nulls", "{a: null, b: ~, c: , d: \"null\"}", "{a=~ b=~ c=~ d='null'}"},
    {"empty_values", "a:\nb:\n  c:\n", "{a=~ b={c=~}}"},
    {"quotes", "{a: '1', b: \"2\", c: 3}", "{a='1' b='2' c=3}"},
    {"block_text", "a: |\n  x\n  y\n", "{a='x\ny\n'}"},
    {"octal_stays_text", "a: 010", "{a=010}"},
    {"yes_stays_text", "a: yes", "{a=yes}"},
    {"empty_collections", "{a: [], b: {}}", "{a=[] b={}}"},
    {"alias", "a: &x {b: 1}\nc: *x\n", "{a={b=1} c={b=1}}"},
    {"aliased_scalar", "a: &x 5s\nc: [*x, *x]\n", "{a=5s c=[5s 5s]}"},
    {"redefined_anchor", "a: &x 1\nb: &x 2\nc: *x\n", "{a=1 b=2 c=2}"},
    {"tag_of_text", "a: !!str 5", "{a='5'}"},
    {"tags_of_collections", "a: !!map {b: !!seq [c]}", "{a={b=[c]}}"},
    {"nothing", "", "~"},
    {"comments_alone", "# nothing\n", "~"},
    {"scalar_root", "hello", "hello"},
    {"document_marks", "---\na: 1\n...\n", "{a=1}"},
    {"block_text_at_the_end", "a: |\n  x", "{a='x\n'}"},
    {"kept_line_breaks", "a: |+\n  x\n\n", "{a='x\n\n'}"},
    {"comment_at_the_end", "a: 1 # x", "{a=1}"},
    {"byte_order_mark",
     "\xEF\xBB\xBF"
     "a: 1",
     "{a=1}"},
    {"crlf", "a: 1\r\nb: 2\r\n", "{a=1 b=2}"},
};
class YamlTest : public testing::TestWithParam<Row> {};
TEST_P(YamlTest, becomes_a_tree) {
  Problems problems;
  auto const tree = parse_yaml(GetParam().text, problems);
  EXPECT_FALSE(problems.refused());
  EXPECT_EQ(print(tree.root()), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, YamlTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

struct BadRow {
  char const* name;
  std::string_view text;
  Position position;
  std::string_view words;
};
constexpr BadRow kBadRows[] = {
    {"syntax", "a: b: c", {1, 5}, "not valid YAML"},
    {"open_flow", "a: [1, 2", {2, 1}, "not valid YAML"},
    {"open_double_quote", "a: \"b\nc: d\n", {3, 1}, "a quote before this is not closed"},
    {"open_double_quote_on_the_last_line", "a: \"b", {2, 1}, "a quote before this is not closed"},
    {"open_single_quote", "a: 'b\nc: d''", {3, 1}, "a quote before this is not closed"},
    {"open_quote_behind_a_backslash", "a: \"b\\", {2, 1}, "a quote before this is not closed"},
    {"tab_indent", "a:\n\tb: 1", {2, 3}, "not valid YAML"},
    {"duplicate", "a: 1\nb: 2\na: 3", {3, 1}, "\"a\" is given twice; it stands in line 1"},
    {"duplicate_in_flow", "x: {k: 1, k: 2}", {1, 11}, "\"k\" is given twice"},
    {"duplicate_by_quotes", "a: 1\n\"a\": 2", {2, 1}, "given twice"},
    {"alias_cycle", "a: &x [*x]", {1, 8}, "an alias inside"},
    {"alias_cycle_in_a_mapping", "a: &x {b: {c: *x}}", {1, 15}, "an alias inside"},
    {"unknown_alias", "a: *x", {1, 4}, "not valid YAML"},
    {"second_document", "a: 1\n---\nb: 2", {2, 1}, "a second document"},
    {"foreign_tag", "a: !!python/object {}", {1, 4}, "no meaning here"},
    {"number_tag", "a: !!int 5", {1, 4}, "no meaning here"},
    {"local_tag", "a: !secret x", {1, 4}, "no meaning here"},
    {"list_as_key", "[a, b]: c", {1, 1}, "a key must be plain text"},
    {"mapping_as_key", "? {a: b}\n: c", {1, 3}, "a key must be plain text"},
    {"null_key", "~: c", {1, 1}, "a key must be plain text"},
    {"alias_key", "{a: &x b, *x : c}", {1, 11}, "a key must be plain text"},
    {"empty_key", "\"\": c", {1, 1}, "must not be empty"},
    {"end_of_file_character", "a: 1\n\x04\nb: 2", {2, 1}, "control character"},
    {"not_utf8", "a: \xFF", {1, 4}, "not UTF-8"},
};
class BadYamlTest : public testing::TestWithParam<BadRow> {};
TEST_P(BadYamlTest, is_refused_with_its_place) {
  Problems problems;
  static_cast<void>(parse_yaml(GetParam().text, problems));
  Loaded loaded;
  problems.move_to(loaded);
  ASSERT_EQ(loaded.errors.size(), 1U);
  auto const& error = loaded.errors.front();
  EXPECT_EQ(error.position.line, GetParam().position.line) << error.message;
  EXPECT_EQ(error.position.column, GetParam().position.column) << error.message;
  EXPECT_NE(error.message.find(GetParam().words), std::string::npos) << error.message;
}
INSTANTIATE_TEST_SUITE_P(Rows, BadYamlTest, testing::ValuesIn(kBadRows),
                         [](auto const& row) { return std::string(row.param.name); });

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(YamlBoundTest, depth_is_bounded) {
  Problems fine;
  EXPECT_NE(parse_yaml(nested(Tree::kMaxDepth), fine).root(), nullptr);
  EXPECT_FALSE(fine.refused());
  for (auto const depth : {Tree::kMaxDepth + 1, std::size_t{100'000}}) {
    Problems problems;
    EXPECT_EQ(parse_yaml(nested(depth), problems).root(), nullptr);
    EXPECT_TRUE(problems.refused());
  }
}

TEST(YamlBoundTest, aliases_that_multiply_are_refused) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    auto const earlier = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) text += earlier + (k < 9 ? ", " : "]\n");
  }
  Problems problems;
  EXPECT_EQ(parse_yaml(text, problems).root(), nullptr);
  EXPECT_TRUE(problems.refused());
}

TEST(YamlPositionTest, a_null_stands_where_its_key_does) {
  Problems problems;
  auto const tree = parse_yaml("a: 1\nb:\nc: 2\n", problems);
  ASSERT_NE(tree.root(), nullptr);
  EXPECT_EQ(tree.root()->entries.at(1).value->position.line, 2);
}

// Whatever a file is cut to, or however a byte of it is changed, the answer is a tree or an error.
TEST(YamlRobustnessTest, no_cut_or_changed_text_does_harm) {
  constexpr std::string_view kText =
      "a: &x {b: [1, 'two', \"three\\n\"], c: !!str ~}\nd: *x\n? e\n: |-\n  text\nf: >\n  folded\n- g\n---\n...\n%TAG";
  for (std::size_t i = 0; i <= kText.size(); ++i) {
    Problems cut;
    static_cast<void>(parse_yaml(kText.substr(0, i), cut));
    for (char const c : {'\0', '[', '}', ':', '-', '&', '*', '!', '"', '\'', '%', '|', '?', '\n', '\t', '#', ' '}) {
      std::string changed(kText);
      if (i < changed.size()) changed[i] = c;
      Problems problems;
      static_cast<void>(parse_yaml(changed, problems));
    }
  }
}

}  // namespace
}  // namespace inferway::config
