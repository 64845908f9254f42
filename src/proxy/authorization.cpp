#include "inferway/proxy/authorization.hpp"

#include "inferway/dialect/models.hpp"
#include "inferway/http/target.hpp"
#include "inferway/policy/presented_key.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace inferway::proxy {

namespace {

/// A shorter text is not looked for in other fields: it may stand there by chance.
constexpr std::size_t kShortestKey = 8;
/// What is looked at for keys, at most: a guard against heads made to be costly.
constexpr std::size_t kMostWords = 64;

/// The Realtime API's address names the model for the whole session. Elsewhere messages do, or may.
bool address_decides(std::string_view path) { return path.ends_with("/realtime"); }

/// What is sent here makes models run that a "model" in the body does not name.
bool body_decides_elsewhere(std::string_view path) {
  static constexpr auto kPlaces =
      std::to_array<std::string_view>({"/batches", "/files", "/uploads", "/fine_tuning", "/tunedModels"});
  return std::ranges::any_of(kPlaces, [&](std::string_view place) { return path.contains(place); });
}

/// Azure's name for a model, in its paths.
std::optional<std::string_view> deployment_in(std::string_view path) {
  constexpr std::string_view kPlace = "/deployments/";
  auto const at = path.find(kPlace);
  if (at == std::string_view::npos) return std::nullopt;
  path.remove_prefix(at + kPlace.size());
  return path.substr(0, path.find('/'));
}

/// Calls `visit` with each word between blanks and the marks that separate schemes, items and names from values.
template <typename Visit>
void each_word(std::string_view text, Visit visit) {
  for (std::size_t words = 0; words < kMostWords && !text.empty(); ++words) {
    auto const end = std::min(text.find_first_of(" \t,;=\""), text.size());
    if (end > 0) visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

Result<void> Authorization::identify(policy::Sha256& sha256) {
  auto const& ring = compiled_.keys;
  if (ring.empty()) return {};
  auto const key = policy::presented_key(head_);
  if (!key) return std::unexpected(key.error());
  presented_ = key->has_value();
  if (*key) index_ = ring.find(**key, sha256);
  if (index_) key_ = &ring[*index_];
  withhold_fields(index_ ? **key : std::string_view(), sha256);
  if (head_.has_query) withhold_parameters(sha256);
  return {};
}

/// The caller's own key passes in no field. Keys of others are looked for where keys stand.
void Authorization::withhold_fields(std::string_view key, policy::Sha256& sha256) {
  for (std::size_t i = 0; i < head_.fields.size(); ++i) {
    auto const& field = head_.fields[i];
    bool const own = key.size() >= kShortestKey && field.value.contains(key);
    if (own || (compiled_.passes_credentials && is_guarded(field.id) && holds_key(field.value, sha256))) {
      withheld_.push_back(i);
    }
  }
}

bool Authorization::holds_key(std::string_view text, policy::Sha256& sha256) const {
  bool found = compiled_.keys.find(text, sha256).has_value();
  auto const bearer = policy::bearer_key(text);
  found = found || (!bearer.empty() && compiled_.keys.find(bearer, sha256));
  each_word(text, [&](std::string_view word) { found = found || compiled_.keys.find(word, sha256).has_value(); });
  return found;
}

/// A key in the query is not looked at for who calls; yet some clients put it there, and it is still a key.
void Authorization::withhold_parameters(policy::Sha256& sha256) {
  std::size_t left = kMostWords;
  http::each_parameter(head_.query, [&](http::Parameter const& parameter) {
    if (parameter.value.size() < kShortestKey || left == 0) return;
    --left;
    auto const value = http::percent_decode(parameter.value);
    bool const ours = value && compiled_.keys.find(*value, sha256);
    if (ours) withheld_parameters_.push_back(http::percent_decode(parameter.name).value_or(""));
  });
}

Result<void> Authorization::demand_key() const {
  if (key_ != nullptr) return {};
  if (presented_) return client_error(ErrorCode::invalid_api_key, "the API key is not known to the gateway");
  return client_error(ErrorCode::missing_api_key,
                      "an API key is needed: send Authorization: Bearer KEY, x-api-key or x-goog-api-key");
}

Result<void> Authorization::check_candidates(routing::Candidates const& candidates) const {
  return candidates.needs_key ? demand_key() : Result<void>{};
}

Result<void> Authorization::check_route(std::optional<std::size_t> route) const {
  auto const& config = compiled_.config;
  bool const needed = route ? config::needs_key(config.routes[*route], config.keys) : config.keys.required;
  return needed ? demand_key() : Result<void>{};
}

Result<void> Authorization::refuse(std::string const& what) const {
  return client_error(ErrorCode::model_not_allowed, "the key '" + std::string(key_->name()) + "' may not use " + what);
}

/// All that may be taken for the model has to be on the list: what the body or the query names, and what stands in the
/// path, as it came and as the route rewrites it, both as they are and decoded, since a backend may decode them before
/// it looks. A body that names no model is refused, for what it makes a backend do cannot be told (a batch, say, names
/// its models in a file); a request without a body and a model can make it run none.
Result<void> Authorization::check_model(Decision const& decision, bool has_body) const {
  std::vector<std::string> models;
  if (decision.model()) models.push_back(*decision.model());
  bool elsewhere = false;
  for (auto const& path : {std::string(decision.path()), decision.rewritten_path()}) {
    for (auto const& spelt : {path, http::percent_decode(path).value_or(path)}) {
      if (auto named = dialect::path_model(spelt)) models.push_back(std::move(named->model));
      // OpenAI's models resource: also what is deleted there is a model.
      auto resource = dialect::models_question(spelt);
      if (resource && resource->id) models.push_back(std::move(*resource->id));
      if (auto deployed = deployment_in(spelt)) models.emplace_back(*deployed);
      elsewhere = elsewhere || body_decides_elsewhere(spelt);
    }
  }
  http::each_parameter(head_.query, [&](http::Parameter const& parameter) {
    if (http::percent_decode(parameter.name) != "deployment") return;
    models.push_back(http::percent_decode(parameter.value).value_or(std::string(parameter.value)));
  });
  for (auto const& model : models) {
    if (!key_->allows(model)) return refuse("the model '" + model + "'");
  }
  if (decision.websocket() && (models.empty() || !address_decides(decision.path()))) {
    return refuse("every model, and messages of this WebSocket could name any");
  }
  if (has_body && (models.empty() || elsewhere)) {
    return refuse("every model, and the request does not say which it wants");
  }
  return {};
}

bool Authorization::may_use(ListedModel const& model) const {
  return key_ != nullptr ? key_->allows(model.name) : !model.needs_key;
}

Result<void> Authorization::count_request(TimePoint now) {
  if (key_ == nullptr || key_->limit() == 0) return {};
  rate_refusal_ = key_->count_request(now);
  if (!rate_refusal_) return {};
  return client_error(ErrorCode::rate_limit_exceeded, "the limit of the key '" + std::string(key_->name()) +
                                                          "' is reached (rpm: " + std::to_string(key_->limit()) +
                                                          "); wait as long as Retry-After says");
}

}  // namespace inferway::proxy
