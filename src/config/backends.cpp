#include "backends.hpp"

#include "address.hpp"
#include "header_rules.hpp"
#include "inferway/base/text.hpp"
#include "known_keys.hpp"
#include "names.hpp"
#include "path_rules.hpp"
#include "tls.hpp"
#include "weights.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace inferway::config {
namespace {

constexpr std::uint32_t kMany = 1'000'000;

std::optional<Endpoint> read_url(Value const& value) {
  auto const text = value.text();
  if (!text) return std::nullopt;
  auto endpoint = parse_endpoint(*text);
  if (endpoint) return std::move(*endpoint);
  // Keys and passwords stand behind these.
  if (text->find_first_of("@?") != std::string::npos) {
    value.complain_hidden(endpoint.error());
  } else {
    value.complain(endpoint.error());
  }
  return std::nullopt;
}

/// A plain URL, or {url, weight}.
std::optional<Endpoint> read_endpoint(Value const& value) {
  if (!value.is(Kind::mapping)) return read_url(value);
  Section const section(value, keys::kEndpoint);
  auto endpoint = read_url(section.required("url"));
  auto const weight = section["weight"].count(1, kWeights);
  if (endpoint) endpoint->weight = weight;
  return endpoint;
}

std::vector<Endpoint> read_endpoints(Value const& value) {
  std::vector<Endpoint> endpoints;
  std::unordered_set<std::string> seen;
  auto const count = value.each_item([&](Value const& item) {
    auto endpoint = read_endpoint(item);
    if (!endpoint) return;
    auto const key = (endpoint->tls ? "s" : "") + endpoint->unix_path + "|" + endpoint->authority + endpoint->path;
    if (!seen.insert(key).second) item.error("this endpoint stands in the list twice; give it a weight instead");
    endpoints.push_back(std::move(*endpoint));
  });
  if (value.is(Kind::list) && count == 0) value.error("needs one endpoint at least");
  if (endpoints.size() == count) check_weights(value, endpoints);
  return endpoints;
}

std::vector<Header> read_headers(Value const& value) {
  std::vector<Header> headers;
  value.each_entry([&](std::string_view name, Value const& entry) {
    auto text = entry.hidden_text();
    if (!is_token(name)) entry.error("is not a header's name");
    if (is_framing_field(name)) entry.error("is set by the gateway alone: it frames messages or names the connection");
    if (text && !is_field_value(*text)) {
      entry.complain_hidden("is not a header's: it has a control character, or a blank at an end");
    }
    if (std::ranges::any_of(headers, [&](Header const& other) { return iequals(other.name, name); })) {
      entry.error("is given twice; upper and lower case do not matter in a header's name");
    }
    if (text) headers.push_back({std::string(name), Secret(std::move(*text))});
  });
  return headers;
}

std::vector<GuardedHeader> read_pass_headers(Value const& value) {
  std::vector<GuardedHeader> out;
  value.each_item([&](Value const& item) {
    auto const text = item.text();
    if (!text) return;
    auto const found = std::ranges::find(kGuardedHeaderNames, std::string_view(lower(*text)));
    if (found == std::ranges::end(kGuardedHeaderNames)) {
      item.complain("is not a header that is dropped by default (those pass anyway); " +
                    (item.substituted() ? std::string() : suggestion(lower(*text), kGuardedHeaderNames)));
      return;
    }
    auto const header = static_cast<GuardedHeader>(found - std::ranges::begin(kGuardedHeaderNames));
    if (std::ranges::find(out, header) != out.end()) item.complain("stands in the list twice");
    out.push_back(header);
  });
  return out;
}

Pool read_pool(Value const& value) {
  Section const section(value, keys::kPool);
  Pool out;
  out.max_idle = section["max_idle"].count(out.max_idle, {0, kMany});
  out.idle = section["idle"].duration(out.idle);
  out.max_age = section["max_age"].duration(out.max_age);
  return out;
}

UpstreamTimeouts read_timeouts(Value const& value) {
  Section const section(value, keys::kUpstreamTimeouts);
  UpstreamTimeouts out;
  out.connect = section["connect"].duration(out.connect);
  out.first_byte = section["first_byte"].duration(out.first_byte);
  out.first_content = section["first_content"].duration_or_null();
  out.idle = section["idle"].duration(out.idle);
  out.total = section["total"].duration(out.total);
  return out;
}

std::optional<std::string> read_probe_path(Value const& value) {
  auto path = value.text_or_null();
  if (!path) return std::nullopt;
  // A probe's query carries no key, so it may stand here.
  if (auto const complaint = complaint_about_path(path->substr(0, path->find('?')))) value.complain(*complaint);
  return path;
}

Health read_health(Value const& value) {
  Section const section(value, keys::kHealth);
  Health out;
  out.path = read_probe_path(section["path"]);
  out.metrics = read_probe_path(section["metrics"]);
  out.interval = section["interval"].duration(out.interval);
  out.timeout = section["timeout"].duration(out.timeout);
  out.unhealthy_after = section["unhealthy_after"].count(out.unhealthy_after, {1, 1'000});
  out.healthy_after = section["healthy_after"].count(out.healthy_after, {1, 1'000});
  if (out.timeout > out.interval) {
    section[section["timeout"].given() ? "timeout" : "interval"].error(
        "a check may take " + print_duration(out.timeout) + " (timeout), longer than the " +
        print_duration(out.interval) + " to the next one (interval)");
  }
  return out;
}

Outlier read_outlier(Value const& value) {
  Section const section(value, keys::kOutlier);
  Outlier out;
  out.consecutive_failures = section["consecutive_failures"].count(out.consecutive_failures, {1, kMany});
  out.eject = section["eject"].duration(out.eject);
  out.max_ejected_percent = section["max_ejected_percent"].count(out.max_ejected_percent, {0, 100});
  return out;
}

Cooldown read_cooldown(Value const& value) {
  Section const section(value, keys::kCooldown);
  Cooldown out;
  out.default_duration = section["default"].duration(out.default_duration, kFromZero);
  auto const on = section["on"];
  if (!on.is(Kind::list)) {
    static_cast<void>(on.each_item([](Value const&) {}));
    return out;
  }
  out.on.clear();
  on.each_item([&](Value const& item) {
    auto const status = static_cast<int>(item.integer(0, {400, 599}));
    if (std::ranges::find(out.on, status) != out.on.end()) item.complain("stands in the list twice");
    if (status != 0) out.on.push_back(status);
  });
  return out;
}

/// A number, or `auto`.
MaxInflight read_max_inflight(Value const& value) {
  if (value.is(Kind::scalar) && value.node()->text == "auto") return {.automatic = true};
  return {.fixed = value.count(0, {0, kMany})};
}

Queue read_queue(Value const& value) {
  Section const section(value, keys::kQueue);
  Queue out;
  out.size = section["size"].count(out.size, {0, kMany});
  out.timeout = section["timeout"].duration(out.timeout);
  return out;
}

Backend read_backend(std::string_view name, Value const& value) {
  Section const section(value, keys::kBackend);
  Backend out;
  out.name = name;
  out.position = value.position();
  out.api = section["api"].choice(out.api, kApiNames);
  out.endpoints = read_endpoints(section.required("endpoints"));
  out.balance = section["balance"].choice(out.balance, kBalanceNames);
  out.key = section["key"].secret();
  out.headers = read_headers(section["headers"]);
  out.pass_headers = read_pass_headers(section["pass_headers"]);
  out.pool = read_pool(section["pool"]);
  out.timeouts = read_timeouts(section["timeouts"]);
  out.min_tokens_per_second = section["min_tokens_per_second"].count(0, {0, kMany});
  out.resume = section["resume"].choice(out.resume, kResumeNames);
  out.max_inflight = read_max_inflight(section["max_inflight"]);
  out.queue = read_queue(section["queue"]);
  out.on_client_cancel = section["on_client_cancel"].choice(out.on_client_cancel, kOnClientCancelNames);
  out.health = read_health(section["health"]);
  out.outlier = read_outlier(section["outlier"]);
  out.cooldown = read_cooldown(section["cooldown"]);
  out.tls = read_backend_tls(section["tls"], out);
  return out;
}

}  // namespace

void read_backends(Value const& value, Config& config) {
  auto const count = value.each_entry([&](std::string_view name, Value const& entry) {
    if (!is_plain_name(name)) entry.error("a backend's name is 1 to 64 of letters, digits, '-', '_' and '.'");
    config.backends.push_back(read_backend(name, entry));
  });
  if (value.is(Kind::mapping) && count == 0) value.error("needs one backend at least");
}

BackendNames::BackendNames(std::vector<Backend> const& backends) {
  for (auto const& backend : backends) {
    index_.emplace(backend.name, names_.size());
    names_.push_back(backend.name);
  }
}

std::size_t BackendNames::resolve(Value const& value) const {
  auto const name = value.text();
  if (!name) return 0;
  if (auto const found = index_.find(*name); found != index_.end()) return found->second;
  // All names at once would be too many to read, and to compare with when nobody sees the result.
  bool const helps = !value.substituted() && value.errors_are_shown();
  auto const near = helps ? nearest(*name, names_) : std::string_view();
  value.complain("is not the name of a backend" +
                 (near.empty() ? std::string() : "; did you mean \"" + std::string(near) + "\"?"));
  return 0;
}

}  // namespace inferway::config
