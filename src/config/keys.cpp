#include "keys.hpp"

#include "inferway/base/text.hpp"
#include "known_keys.hpp"
#include "names.hpp"

#include <algorithm>
#include <cstdint>

namespace inferway::config {
namespace {

using Hash = std::array<std::uint8_t, 32>;

/// Of no bytes at all: what `printf %s "$KEY" | sha256sum` says when KEY is not set.
constexpr std::string_view kHashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// Requests a minute; policy counts nanoseconds between two.
constexpr std::uint32_t kMostRequests = 1'000'000'000;

std::optional<Hash> parse_hash(std::string_view text) {
  Hash out{};
  if (text.size() != 2 * out.size()) return std::nullopt;
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto const high = hex_digit(text[2 * i]);
    auto const low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return out;
}

std::string read_name(Value const& value, std::vector<StaticKey> const& others) {
  auto name = value.text();
  if (!name) return {};
  if (!is_plain_name(*name)) value.complain("is no name for a key: 1 to 64 of letters, digits, '-', '_' and '.'");
  auto const other = std::ranges::find(others, *name, &StaticKey::name);
  if (other != others.end()) {
    value.complain("is the name of the key in line " + std::to_string(other->position.line) + " already");
  }
  return std::move(*name);
}

/// Errors do not show it: who pastes the key itself here should not find it in a log.
Hash read_hash(Value const& value, std::vector<StaticKey> const& others) {
  auto const text = value.hidden_text();
  if (!text) return {};
  auto const hash = parse_hash(*text);
  if (!hash) {
    value.complain_hidden("is no SHA-256 in hexadecimal (64 digits)");
    return {};
  }
  if (lower(*text) == kHashOfNothing) value.complain_hidden("is the hash of an empty text, which nobody can present");
  auto const other = std::ranges::find(others, *hash, &StaticKey::sha256);
  if (other != others.end()) {
    value.complain_hidden("is the hash of the key in line " + std::to_string(other->position.line) + ", too");
  }
  return *hash;
}

std::vector<std::string> read_models(Value const& value, std::vector<std::string> fallback) {
  if (!value.given()) return fallback;
  std::vector<std::string> out;
  value.each_item([&](Value const& item) {
    auto model = item.text();
    if (!model) return;
    if (std::ranges::find(out, *model) != out.end()) item.complain("stands in the list twice");
    out.push_back(std::move(*model));
  });
  if (value.is(Kind::list) && value.node()->entries.empty()) {
    value.error("is empty, so the key could use no model; leave it out for all");
  }
  return out;
}

StaticKey read_key(Value const& value, std::vector<StaticKey> const& others) {
  constexpr std::int64_t kMost = 1'000'000'000'000;
  Section const key(value, keys::kStaticKey);
  StaticKey out;
  out.position = value.position();
  out.name = read_name(key.required("name"), others);
  out.sha256 = read_hash(key.required("sha256"), others);
  out.models = read_models(key["models"], std::move(out.models));
  out.rpm = key["rpm"].count(out.rpm, {0, kMostRequests});
  for (auto const* const limit : {"tpm", "budget_usd"}) static_cast<void>(key[limit].integer(0, {0, kMost}));
  return out;
}

}  // namespace

void read_keys(Value const& value, Config& config, Problems& problems) {
  Section const keys(value, keys::kKeys);
  auto const required = keys["required"];
  config.keys.required = required.boolean(config.keys.required);
  auto& known = config.keys.static_keys;
  keys["static"].each_item([&](Value const& item) { known.push_back(read_key(item, known)); });
  if (!known.empty()) return;
  if (config.keys.required) required.error("a key is asked for, but keys.static lists none, so nobody could call");
  for (auto const& route : config.routes) {
    if (!route.auth.value_or(false)) continue;
    problems.error(route.position,
                   "route \"" + route.name + "\" asks for a key (auth: true), but keys.static lists none");
  }
}

}  // namespace inferway::config
