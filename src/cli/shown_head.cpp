#include "shown_head.hpp"

#include "inferway/base/text.hpp"
#include "inferway/http/target.hpp"
#include "inferway/proxy/upstream_head.hpp"

#include <algorithm>

namespace inferway::cli {

namespace {

constexpr std::string_view kMask = "***";

/// Parameters that are known to bear keys.
bool names_key(std::string_view parameter) {
  auto const name = http::percent_decode(parameter).value_or("");
  return name == "key" || name == "api_key" || name == "api-key" || name == "access_token";
}

bool is_hidden(config::Config const& config, std::string_view name) {
  return std::ranges::any_of(config.routes, [&](config::Route const& route) {
    return std::ranges::any_of(route.match.headers,
                               [&](auto const& header) { return header.hidden && iequals(header.name, name); });
  });
}

}  // namespace

config::Config masked(config::Config config) {
  for (auto& backend : config.backends) {
    if (!backend.key.empty()) backend.key = Secret(std::string(kMask));
    for (auto& header : backend.headers) header.value = Secret(std::string(kMask));
  }
  return config;
}

http::RequestHead masked(http::RequestHead head, config::Config const& config) {
  for (auto& field : head.fields) {
    if (proxy::is_guarded(field.id) || is_hidden(config, field.name)) field.value = kMask;
  }
  return head;
}

std::string masked_query(std::string_view query) {
  std::string out;
  while (true) {
    auto const parameter = query.substr(0, query.find('&'));
    auto const equals = parameter.find('=');
    if (equals != std::string_view::npos && names_key(parameter.substr(0, equals))) {
      out.append(parameter.substr(0, equals + 1)).append(kMask);
    } else {
      out += parameter;
    }
    if (parameter.size() == query.size()) return out;
    out += '&';
    query.remove_prefix(parameter.size() + 1);
  }
}

UpstreamRequest taken_apart(std::string_view head) {
  UpstreamRequest out;
  for (auto end = head.find("\r\n"); end != 0; end = head.find("\r\n")) {
    auto const line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (out.line.empty()) {
      out.line = line;
      continue;
    }
    auto const colon = line.find(": ");
    out.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  return out;
}

}  // namespace inferway::cli
