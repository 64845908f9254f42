#include "routing_table.hpp"

#include <algorithm>
#include <string_view>

namespace inferway::cli {
namespace {

using config::Config;

/// "1 route", "2 routes".
std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

/// Left-aligned in a column: labels of the lines below a route.
void add_line(std::string& out, std::string_view label, std::string_view text) {
  constexpr std::size_t kLabelWidth = 9;
  out.append("       ").append(label).append(kLabelWidth - label.size(), ' ').append(text).append("\n");
}

std::string target_text(Config const& config, config::Target const& target, std::uint64_t sum) {
  auto out = config.backends[target.backend].name;
  if (target.model) out += " as " + *target.model;
  if (sum != target.weight) {
    out += ", weight " + std::to_string(target.weight) + " of " + std::to_string(sum);
  }
  return out;
}

void add_route(std::string& out, Config const& config, std::size_t index) {
  auto const& route = config.routes[index];
  auto const order = std::to_string(index + 1);
  out.append(5 - std::min<std::size_t>(order.size(), 5), ' ').append(order).append("  ").append(route.name);
  out += "  (line " + std::to_string(route.position.line) + ")\n";
  add_line(out, "path", route.match.path);
  if (route.match.method) add_line(out, "method", *route.match.method);
  if (route.match.model) add_line(out, "model", *route.match.model);
  for (auto const& header : route.match.headers) {
    add_line(out, "header", header.name + ": " + (header.hidden ? "(not shown)" : header.value));
  }
  std::uint64_t sum = 0;
  for (auto const& target : route.to) sum += target.weight;
  for (auto const& target : route.to) add_line(out, "to", target_text(config, target, sum));
  for (auto const& hop : route.fallback) add_line(out, "fallback", target_text(config, hop, hop.weight));
  if (route.rewrite) add_line(out, "rewrite", *route.rewrite);
  if (route.auth) add_line(out, "auth", *route.auth ? "a key is needed" : "open to all");
}

void add_keys(std::string& out, config::Keys const& keys) {
  if (keys.static_keys.empty()) return;
  out += keys.required ? "\nKeys (one is needed)\n" : "\nKeys (none is needed, but where a route asks for one)\n";
  for (auto const& key : keys.static_keys) {
    out += "  " + key.name + "  (models";
    for (auto const& model : key.models) out += " " + model;
    out += key.rpm > 0 ? ", " + counted(key.rpm, "request") + " a minute)\n" : ")\n";
  }
}

void add_backend(std::string& out, config::Backend const& backend) {
  out += "  " + backend.name + "  (" + std::string(name(backend.api)) + ", " + std::string(name(backend.balance)) +
         (backend.key.empty() ? ")\n" : ", with a key)\n");
  for (auto const& endpoint : backend.endpoints) {
    out += "    " + endpoint.url;
    if (endpoint.weight != 1) out += "  weight " + std::to_string(endpoint.weight);
    out += "\n";
  }
}

void add_problems(std::string& out, std::string_view heading, std::string const& file,
                  std::vector<config::Problem> const& problems) {
  if (problems.empty()) return;
  out.append("\n").append(heading).append("\n");
  for (auto const& problem : problems) out += "  " + config::to_string(file, problem) + "\n";
}

}  // namespace

std::string routing_table_text(config::Loaded const& loaded) {
  auto const& config = *loaded.config;
  std::string out = config.file + ": valid, " + counted(config.routes.size(), "route") + ", " +
                    counted(config.backends.size(), "backend") + "\n\nRoutes (the first match wins)\n";
  for (std::size_t i = 0; i < config.routes.size(); ++i) add_route(out, config, i);
  out += "\nBackends\n";
  for (auto const& backend : config.backends) add_backend(out, backend);
  add_keys(out, config.keys);
  add_problems(out, "Warnings", config.file, loaded.warnings);
  return out;
}

}  // namespace inferway::cli
