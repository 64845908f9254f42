#include "inferway/proxy/authorization.hpp"

#include "inferway/dialect/models.hpp"
#include "inferway/policy/presented_key.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace inferway::proxy {

namespace {

using http::FieldId;

/// Fields that pass_headers may let through and in which a key may stand.
constexpr std::array kCredentials = {FieldId::authorization, FieldId::proxy_authorization, FieldId::x_api_key,
                                     FieldId::api_key, FieldId::x_goog_api_key};

/// The Realtime API's address names the model for the whole session. Elsewhere messages do, or may.
bool address_decides(std::string_view path) { return path.ends_with("/realtime"); }

}  // namespace

Result<void> Authorization::identify(policy::Sha256& sha256) {
  auto const& ring = compiled_.keys;
  if (ring.empty()) return {};
  auto const key = policy::presented_key(head_);
  if (!key) return std::unexpected(key.error());
  presented_ = key->has_value();
  if (*key) index_ = ring.find(**key, sha256);
  if (index_) key_ = &ring[*index_];
  if (compiled_.passes_credentials) withhold_keys(sha256);
  return {};
}

/// Marks the fields that hold keys of ours, the caller's or another's.
void Authorization::withhold_keys(policy::Sha256& sha256) {
  auto const& ring = compiled_.keys;
  for (auto const& field : head_.fields) {
    if (std::ranges::find(kCredentials, field.id) == kCredentials.end()) continue;
    auto const bearer = policy::bearer_key(field.value);
    bool const ours =
        ring.find(field.value, sha256).has_value() || (!bearer.empty() && ring.find(bearer, sha256).has_value());
    if (ours) withheld_.push_back(field.id);
  }
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

/// A body that names no model is refused, for what it makes a backend do cannot be told (a batch, say, names its models
/// in a file); a request without a body and a model can make it run none.
Result<void> Authorization::check_model(Decision const& decision, bool has_body) const {
  std::optional<std::string_view> model = decision.model();
  std::optional<dialect::ModelsQuestion> resource;
  if (!model) {
    // OpenAI's models resource: also what is deleted there is a model.
    resource = dialect::models_question(decision.path());
    if (resource && resource->id) model = *resource->id;
  }
  auto const refuse = [&](std::string const& what) {
    return client_error(ErrorCode::model_not_allowed,
                        "the key '" + std::string(key_->name()) + "' may not use " + what);
  };
  if (model && !key_->allows(*model)) return refuse("the model '" + std::string(*model) + "'");
  if (decision.websocket() && !(model && address_decides(decision.path()))) {
    return refuse("every model, and messages of this WebSocket could name any");
  }
  if (!model && has_body) return refuse("every model, and the request does not say which it wants");
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
