#include "substitution.hpp"

#include "source_file.hpp"
#include "trail.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace inferway::config {
namespace {

using Substituted = std::expected<std::string, std::string>;

constexpr std::size_t kMaxFileBytes = 1024 * 1024;
constexpr std::string_view kFile = "file:";

bool is_variable_name(std::string_view name) {
  auto const letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  if (name.empty() || !letter(name.front())) return false;
  for (char const c : name) {
    if (!letter(c) && (c < '0' || c > '9')) return false;
  }
  return true;
}

Substituted file_content(std::string_view path, Sources const& sources) {
  if (path.empty()) return std::unexpected(std::string("${file:} names no file"));
  auto const full = std::filesystem::path(sources.directory) / std::filesystem::path(path);
  auto content = read_source(full.string(), kMaxFileBytes);
  if (!content) return std::unexpected("${file:" + std::string(path) + "} cannot be read: " + content.error());
  if (content->ends_with('\n')) content->pop_back();
  if (content->ends_with('\r')) content->pop_back();
  return std::move(*content);
}

Substituted variable(std::string_view name, std::optional<std::string_view> fallback, Sources const& sources) {
  if (!is_variable_name(name)) {
    return std::unexpected(std::string(
        "what stands between ${ and } is no variable's name; write ${NAME}, ${NAME:-fallback} or ${file:PATH}, "
        "and $${ for a literal ${"));
  }
  auto value = sources.environment(std::string(name));
  if (fallback && (!value || value->empty())) return std::string(*fallback);
  if (!value) return std::unexpected("the variable " + std::string(name) + " is not set");
  return std::move(*value);
}

/// The value of what stands between "${" and "}".
Substituted value_of(std::string_view reference, Sources const& sources) {
  if (reference.find("${") != std::string_view::npos) {
    return std::unexpected(std::string("a ${...} inside another is not known here"));
  }
  if (reference.starts_with(kFile)) return file_content(reference.substr(kFile.size()), sources);
  auto const dash = reference.find(":-");
  if (dash == std::string_view::npos) return variable(reference, std::nullopt, sources);
  return variable(reference.substr(0, dash), reference.substr(dash + 2), sources);
}

class Walk {
 public:
  Walk(Sources const& sources, Problems& problems) : sources_(sources), problems_(problems) {}

  void visit(TreeNode& node, Trail const& trail) {
    if (node.resolved) return;
    node.resolved = true;
    if (node.kind == Kind::scalar) {
      resolve(node, trail);
      return;
    }
    for (std::size_t i = 0; i < node.entries.size(); ++i) {
      visit(*node.entries[i].value, Trail{&trail, node.entries[i].key, i});
    }
  }

 private:
  void resolve(TreeNode& node, Trail const& trail) {
    if (node.text.find("${") == std::string::npos) return;
    auto replaced = substitute(node.text, sources_);
    node.substituted = true;
    if (replaced) {
      node.text = std::move(*replaced);
    } else {
      problems_.error(node.position, to_string(trail) + ": " + replaced.error());
      node.kind = Kind::null;
    }
  }

  Sources const& sources_;
  Problems& problems_;
};

}  // namespace

std::optional<std::string> process_environment(std::string const& name) {
  // The environment changes only at the start, while there is one thread (take_variable); a reload reads it later.
  char const* const value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets any now
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Substituted substitute(std::string_view text, Sources const& sources) {
  std::string out;
  for (;;) {
    auto const start = text.find("${");
    if (start == std::string_view::npos) return out.append(text);
    if (start > 0 && text[start - 1] == '$') {
      out.append(text.substr(0, start - 1)).append("${");
      text.remove_prefix(start + 2);
      continue;
    }
    auto const end = text.find('}', start);
    if (end == std::string_view::npos) return std::unexpected(std::string("a ${ without its }"));
    auto value = value_of(text.substr(start + 2, end - start - 2), sources);
    if (!value) return value;
    out.append(text.substr(0, start)).append(*value);
    text.remove_prefix(end + 1);
  }
}

void substitute_all(Tree const& tree, Sources const& sources, Problems& problems) {
  if (tree.root() != nullptr) Walk(sources, problems).visit(*tree.root(), Trail{});
}

}  // namespace inferway::config
