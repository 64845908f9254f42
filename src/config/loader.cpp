#include "inferway/config/loader.hpp"

#include "backends.hpp"
#include "clients.hpp"
#include "gateway.hpp"
#include "inferway/base/wipe_freed.hpp"
#include "keys.hpp"
#include "known_keys.hpp"
#include "not_yet.hpp"
#include "problems.hpp"
#include "routes.hpp"
#include "shadows.hpp"
#include "source_file.hpp"
#include "substitution.hpp"
#include "value.hpp"
#include "yaml_tree.hpp"

#include <algorithm>
#include <filesystem>

namespace inferway::config {
namespace {

Config read_config(TreeNode const& root, Problems& problems) {
  Config config;
  Section const section(Value(problems, &root, root.position, Trail{}), keys::kRoot);
  read_listen(section["listen"], config);
  read_admin(section["admin"], config);
  read_threads(section["threads"], config);
  read_limits(section["limits"], config);
  read_client_timeouts(section["timeouts"], config);
  read_clients(section["clients"], config);
  read_backends(section.required("backends"), config);
  read_routes(section.required("routes"), BackendNames(config.backends), config);
  read_keys(section["keys"], config, problems);
  read_reload(section["reload"], config);
  read_log(section["log"], config);
  return config;
}

/// Files are named from the directory of the configuration, as ${file:...} are.
void resolve_paths(Config& config, std::filesystem::path const& directory) {
  auto const resolve = [&](std::string& path) { path = (directory / path).string(); };
  auto const resolve_identity = [&](TlsIdentity& identity) {
    resolve(identity.cert);
    resolve(identity.key);
  };
  for (auto& listen : config.listen) {
    if (!listen.tls) continue;
    std::ranges::for_each(listen.tls->identities, resolve_identity);
    if (listen.tls->client_ca) resolve(*listen.tls->client_ca);
  }
  for (auto& backend : config.backends) {
    if (backend.tls.ca) resolve(*backend.tls.ca);
    if (backend.tls.identity) resolve_identity(*backend.tls.identity);
  }
}

void warn_of_shadows(Config const& config, Problems& problems) {
  for (auto const& shadow : find_shadows(config.routes)) {
    auto const& route = config.routes[shadow.route];
    auto const& by = config.routes[shadow.by];
    problems.warning(route.position, "route \"" + route.name + "\" is never reached: route \"" + by.name +
                                         "\" in line " + std::to_string(by.position.line) +
                                         " matches all its requests first");
  }
}

}  // namespace

Loaded load_text(std::string_view text, std::string const& file, Environment const& environment) {
  WipeFreed const wipe;  // the tree, what was substituted, what the YAML library copied: keys may be in all of it
  Problems problems;
  Loaded loaded;
  auto const tree = parse_yaml(text, problems);
  TreeNode nothing;
  nothing.kind = Kind::mapping;
  nothing.position = {1, 1};
  TreeNode const* const root = tree.root() == nullptr || tree.root()->kind == Kind::null ? &nothing : tree.root();
  if (tree.root() != nullptr || !problems.refused()) {
    Sources const sources{environment ? environment : process_environment,
                          std::filesystem::path(file).parent_path().string()};
    substitute_all(tree, sources, problems);
    auto config = read_config(*root, problems);
    check_not_yet(tree, problems);
    if (!problems.refused()) {
      resolve_paths(config, std::filesystem::path(file).parent_path());
      warn_of_shadows(config, problems);
      config.file = file;
      loaded.config = std::move(config);
    }
  }
  problems.move_to(loaded);
  return loaded;
}

Loaded load_file(std::string const& path, Environment const& environment) {
  WipeFreed const wipe;
  auto const content = read_source(path, kMostConfigurationBytes);
  if (content) return load_text(*content, path, environment);
  Loaded loaded;
  loaded.errors.push_back({{}, "cannot be read: " + content.error()});
  return loaded;
}

std::string to_string(std::string const& file, Problem const& problem) {
  std::string out = file + ":";
  if (problem.position.line > 0) {
    out += std::to_string(problem.position.line) + ":" + std::to_string(problem.position.column) + ":";
  }
  return out + " " + problem.message;
}

}  // namespace inferway::config
