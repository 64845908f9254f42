#include "inferway/config/admin_address.hpp"

#include "address.hpp"
#include "inferway/base/wipe_freed.hpp"
#include "problems.hpp"
#include "source_file.hpp"
#include "substitution.hpp"
#include "yaml_tree.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace inferway::config {
namespace {

TreeNode const* child(TreeNode const* node, std::string_view key) {
  if (node == nullptr || node->kind != Kind::mapping) return nullptr;
  auto const found = std::ranges::find(node->entries, key, &Entry::key);
  return found == node->entries.end() ? nullptr : found->value;
}

}  // namespace

std::expected<Listen, std::string> parse_admin_address(std::string_view text) { return parse_listen(text); }

std::string admin_address_text(Listen const& address) { return to_string(address); }

std::expected<Listen, Problem> admin_address_of(std::string const& file, Environment const& environment) {
  WipeFreed const wipe;  // the whole file is read for it
  auto const content = read_source(file, kMostConfigurationBytes);
  if (!content) return std::unexpected(Problem{{}, "cannot be read: " + content.error()});
  Problems problems;
  auto const tree = parse_yaml(*content, problems);
  if (problems.refused()) {
    Loaded refused;
    problems.move_to(refused);
    return std::unexpected(std::move(refused.errors.front()));
  }
  auto const* const address = child(child(tree.root(), "admin"), "address");
  if (address == nullptr) return Admin{}.address;
  auto const wrong = [&](std::string const& what) {
    return std::unexpected(Problem{address->position, "admin.address: " + what});
  };
  if (address->kind != Kind::scalar) return wrong("is no address");
  Sources const sources{environment ? environment : process_environment,
                        std::filesystem::path(file).parent_path().string()};
  auto const text = substitute(address->text, sources);
  if (!text) return wrong(text.error());
  auto listen = parse_listen(*text);
  if (!listen) return wrong(listen.error());
  return std::move(*listen);
}

}  // namespace inferway::config
