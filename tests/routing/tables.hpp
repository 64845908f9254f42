#pragma once

#include "inferway/routing/route_table.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace inferway::routing {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A route that matches by what is given; what is left out is any.
struct RouteRow {
  std::string path;
  std::optional<std::string> model = {};
  std::optional<std::string> method = {};
  Headers headers = {};
  std::optional<bool> auth = {};
  std::int64_t priority = 0;
};

inline std::vector<config::Route> routes_of(std::vector<RouteRow> const& rows) {
  std::vector<config::Route> routes;
  for (auto const& row : rows) {
    auto& match = routes.emplace_back().match;
    routes.back().auth = row.auth;
    routes.back().priority = row.priority;
    match.path = row.path;
    match.model = row.model;
    match.method = row.method;
    for (auto const& [name, value] : row.headers) match.headers.push_back({.name = name, .value = value});
  }
  return routes;
}

/// A request that outlives the Query made of it.
class Request {
 public:
  Request(std::string method, std::string path, Headers headers)
      : method_(std::move(method)), path_(std::move(path)), headers_(std::move(headers)) {
    for (auto const& [name, value] : headers_) {
      head_.add({.name = name, .value = value, .id = http::field_id(name)});
    }
  }
  Request(Request const&) = delete;
  Request& operator=(Request const&) = delete;

  [[nodiscard]] Query query() const { return {.method = method_, .path = path_, .head = head_}; }

 private:
  std::string method_;
  std::string path_;
  Headers headers_;
  http::RequestHead head_;
};

}  // namespace inferway::routing
