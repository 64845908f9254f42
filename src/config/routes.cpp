#include "routes.hpp"

#include "inferway/base/text.hpp"
#include "known_keys.hpp"
#include "match.hpp"
#include "names.hpp"
#include "path_rules.hpp"
#include "weights.hpp"

#include <algorithm>
#include <unordered_map>

namespace inferway::config {
namespace {

/// The names that routes were given, with the line of each.
using GivenNames = std::unordered_map<std::string, int>;

std::string read_name(Value const& value, Match const& match, GivenNames& given) {
  constexpr std::size_t kLongestName = 128;
  auto name = value.text();
  if (!name) return match.model ? match.path + " " + *match.model : match.path;
  if (name->size() > kLongestName) value.complain("is too long for a name; at most 128 bytes");
  auto const [first, is_new] = given.emplace(*name, value.position().line);
  if (!is_new) value.complain("is the name of the route in line " + std::to_string(first->second) + " already");
  return std::move(*name);
}

/// One of `to`, or with keys::kFallback of `fallback`.
Target read_target(Value const& value, std::span<std::string_view const> known, BackendNames const& backends) {
  Section const section(value, known);
  Target out;
  out.backend = backends.resolve(section.required("backend"));
  out.model = section["model"].text_or_null();
  if (known.size() == std::size(keys::kTarget)) out.weight = section["weight"].count(out.weight, kWeights);
  return out;
}

std::vector<Target> read_to(Value const& value, BackendNames const& backends) {
  std::vector<Target> out;
  value.each_item([&](Value const& item) { out.push_back(read_target(item, keys::kTarget, backends)); });
  if (value.is(Kind::list) && out.empty()) value.error("needs one backend at least");
  check_weights(value, out);
  return out;
}

std::vector<Target> read_fallback(Value const& value, BackendNames const& backends) {
  std::vector<Target> out;
  value.each_item([&](Value const& item) { out.push_back(read_target(item, keys::kFallback, backends)); });
  return out;
}

std::vector<RetryOn> read_retry_on(Value const& value, std::vector<RetryOn> fallback) {
  if (!value.given()) return fallback;
  std::vector<RetryOn> out;
  value.each_item([&](Value const& item) {
    auto const index = item.choice_index(kRetryOnNames);
    if (!index) return;
    auto const on = static_cast<RetryOn>(*index);
    if (std::ranges::find(out, on) != out.end()) item.complain("stands in the list twice");
    out.push_back(on);
  });
  return out;
}

Retry read_retry(Value const& value) {
  Section const section(value, keys::kRetry);
  Retry out;
  out.attempts = section["attempts"].count(out.attempts, {0, 100});
  out.on = read_retry_on(section["on"], std::move(out.on));
  out.backoff = section["backoff"].duration(out.backoff, kFromZero);
  out.max_backoff = section["max_backoff"].duration(out.max_backoff, kFromZero);
  out.budget_percent = section["budget_percent"].count(out.budget_percent, {0, 100});
  if (out.backoff > out.max_backoff) {
    section[section["backoff"].given() ? "backoff" : "max_backoff"].error(
        "the first pause, " + print_duration(out.backoff) + " (backoff), is longer than the longest, " +
        print_duration(out.max_backoff) + " (max_backoff)");
  }
  return out;
}

TimeoutOverrides read_overrides(Value const& value) {
  Section const section(value, keys::kUpstreamTimeouts);
  auto const given = [&](std::string_view key) -> std::optional<Milliseconds> {
    auto const timeout = section[key];
    if (!timeout.given()) return std::nullopt;
    return timeout.duration(Milliseconds(0));
  };
  return {
      .connect = given("connect"),
      .first_byte = given("first_byte"),
      .first_content = section["first_content"].duration_or_null(),
      .idle = given("idle"),
      .total = given("total"),
  };
}

/// `{after: 800ms}` or `{after: p95}`.
std::optional<Hedge> read_hedge(Value const& value) {
  if (!value.given() || value.is(Kind::null)) return std::nullopt;
  Section const section(value, keys::kHedge);
  auto const after = section.required("after");
  auto const* const node = after.node();
  if (!after.is(Kind::scalar) || !node->text.starts_with('p')) {
    return Hedge{.after = after.duration(Milliseconds(0))};
  }
  auto const percentile = parse_integer(std::string_view(node->text).substr(1), {1, 99});
  if (!percentile) after.complain("is no percentile; p1 to p99");
  return Hedge{.percentile = static_cast<std::uint32_t>(percentile.value_or(95))};
}

std::optional<Mirror> read_mirror(Value const& value, BackendNames const& backends) {
  if (!value.given() || value.is(Kind::null)) return std::nullopt;
  Section const section(value, keys::kMirror);
  auto const backend = backends.resolve(section.required("backend"));
  return Mirror{.backend = backend, .percent = section.required("percent").count(0, {0, 100})};
}

std::uint32_t read_resume_attempts(Value const& value) {
  Section const section(value, keys::kRouteResume);
  return section["attempts"].count(0, {0, 100});
}

std::optional<std::string> read_rewrite(Value const& value, Match const& match) {
  auto rewrite = value.text_or_null();
  if (!rewrite) return std::nullopt;
  if (auto const complaint = complaint_about_rewrite(*rewrite, match.path)) value.complain(*complaint);
  return rewrite;
}

std::optional<bool> read_auth(Value const& value) {
  if (!value.given() || value.is(Kind::null)) return std::nullopt;
  return value.boolean(false);
}

Route read_route(Value const& value, BackendNames const& backends, GivenNames& given) {
  Section const section(value, keys::kRoute);
  Route out;
  out.position = value.position();
  out.match = read_match(section.required("match"));
  out.name = read_name(section["name"], out.match, given);
  out.to = read_to(section.required("to"), backends);
  out.fallback = read_fallback(section["fallback"], backends);
  out.retry = read_retry(section["retry"]);
  out.resume_attempts = read_resume_attempts(section["resume"]);
  out.hedge = read_hedge(section["hedge"]);
  out.mirror = read_mirror(section["mirror"], backends);
  out.priority = section["priority"].integer(out.priority, {-1'000'000, 1'000'000});
  out.timeouts = read_overrides(section["timeouts"]);
  out.rewrite = read_rewrite(section["rewrite"], out.match);
  out.auth = read_auth(section["auth"]);
  return out;
}

}  // namespace

void read_routes(Value const& value, BackendNames const& backends, Config& config) {
  GivenNames given;
  auto const count =
      value.each_item([&](Value const& item) { config.routes.push_back(read_route(item, backends, given)); });
  if (value.is(Kind::list) && count == 0) value.error("needs one route at least");
}

}  // namespace inferway::config
