#include "not_yet.hpp"

#include "scalars.hpp"
#include "trail.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

namespace inferway::config {
namespace {

/// Whether a value asks for anything.
using Asks = bool (*)(TreeNode const&);

bool is_given(TreeNode const& node) { return node.kind != Kind::null; }
bool is_not_zero(TreeNode const& node) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  return parse_integer(node.text, {-kMost, kMost}).value_or(0) != 0;
}
bool is_unbuilt_balance(TreeNode const& node) {
  return node.text == "prefix" || node.text == "session" || node.text == "load";
}

/// `path`: keys with dots between; * is any key, [] any item of a list.
struct Row {
  std::string_view path;
  Asks asks;
  std::string_view what;
};

constexpr Row kNotSupportedYet[] = {
    {"backends.*.balance", is_unbuilt_balance, "this way of balancing is"},
    {"backends.*.health.metrics", is_given, "reading a server's metrics is"},
    {"keys.static.[].tpm", is_not_zero, "a limit on tokens is"},
    {"keys.static.[].budget_usd", is_not_zero, "a budget is"},
};

/// One value that a row's path leads to.
struct Found {
  TreeNode const& node;
  Position position;
  Trail const& trail;
};

template <typename Visit>
void walk(Found const& at, std::string_view path, Visit const& visit) {
  if (path.empty()) {
    visit(at);
    return;
  }
  auto const dot = path.find('.');
  auto const step = path.substr(0, dot);
  auto const rest = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  if (at.node.kind != (step == "[]" ? Kind::list : Kind::mapping)) return;
  std::size_t index = 0;
  for (auto const& entry : at.node.entries) {
    Trail const trail{&at.trail, entry.key, index++};
    bool const named = step == entry.key;
    auto const position = entry.key.empty() ? entry.value->position : entry.key_position;
    if (named || step == "[]" || step == "*") walk({*entry.value, position, trail}, rest, visit);
    if (named) return;
  }
}

template <typename Visit>
void find(Tree const& tree, std::span<Row const> rows, Visit const& visit) {
  Trail const root;
  for (auto const& row : rows) {
    walk({*tree.root(), tree.root()->position, root}, row.path, [&](Found const& found) {
      if (row.asks(found.node)) visit(row, found);
    });
  }
}

}  // namespace

void check_not_yet(Tree const& tree, Problems& problems) {
  if (tree.root() == nullptr) return;
  find(tree, kNotSupportedYet, [&](Row const& row, Found const& found) {
    problems.error(found.position, to_string(found.trail) + ": " + std::string(row.what) + " not supported yet");
  });
}

}  // namespace inferway::config
