#pragma once

#include "inferway/base/text.hpp"
#include "inferway/config/config.hpp"
#include "inferway/http/head.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

/// What a route wants beside what a request has: asked by the table and by who explains it, so that they agree.
namespace inferway::routing {

[[nodiscard]] inline bool is_prefix(std::string_view pattern) { return pattern.ends_with("/*"); }

/// "/x/*" as "/x/".
[[nodiscard]] inline std::string_view prefix_of(std::string_view pattern) {
  return pattern.substr(0, pattern.size() - 1);
}

[[nodiscard]] inline bool takes_method(std::optional<std::string> const& wanted, std::string_view method) {
  return !wanted || *wanted == method;
}

/// One field of that name is enough.
[[nodiscard]] inline bool takes_header(config::HeaderMatch const& wanted, http::RequestHead const& head) {
  return std::ranges::any_of(head.fields, [&](http::Field const& field) {
    return iequals(field.name, wanted.name) && glob_match(wanted.value, field.value);
  });
}

}  // namespace inferway::routing
