// Who calls, and whether it may: keys, the models they may use, how often.

#include "exchange.hpp"
#include "inferway/base/text.hpp"
#include "inferway/dialect/models.hpp"
#include "inferway/policy/presented_key.hpp"

#include <algorithm>
#include <array>

namespace inferway::proxy {

namespace {

using http::FieldId;

/// Fields that pass_headers may let through and in which a key may stand.
constexpr std::array kCredentials = {FieldId::authorization, FieldId::proxy_authorization, FieldId::x_api_key,
                                     FieldId::api_key, FieldId::x_goog_api_key};

/// The Realtime API's address names the model for the whole session. Elsewhere messages do, or may.
bool address_decides(std::string_view path) { return path.ends_with("/realtime"); }

}  // namespace

/// Looks at the key that the request bears, if one does. Whether one is needed is asked later.
Result<void> Exchange::identify() {
  auto const& ring = proxy_.snapshot_.keys;
  if (ring.empty()) return {};
  auto const key = policy::presented_key(head_);
  if (!key) return std::unexpected(key.error());
  caller_.presented = key->has_value();
  if (*key) {
    if (auto const index = ring.find(**key, proxy_.sha256_)) {
      caller_.key = &ring[*index];
      record_.key = *index;
    }
  }
  if (proxy_.snapshot_.passes_credentials) withhold_keys();
  return {};
}

/// Marks the fields that hold keys of ours, the caller's or another's: they do not pass, whatever pass_headers says.
void Exchange::withhold_keys() {
  auto const& ring = proxy_.snapshot_.keys;
  for (auto const& field : head_.fields) {
    if (std::ranges::find(kCredentials, field.id) == kCredentials.end()) continue;
    auto const bearer = policy::bearer_key(field.value);
    bool const ours = ring.find(field.value, proxy_.sha256_).has_value() ||
                      (!bearer.empty() && ring.find(bearer, proxy_.sha256_).has_value());
    if (ours) caller_.withheld.push_back(field.id);
  }
}

Result<void> Exchange::demand_key() const {
  if (caller_.key != nullptr) return {};
  if (caller_.presented) return client_error(ErrorCode::invalid_api_key, "the API key is not known to the gateway");
  return client_error(ErrorCode::missing_api_key,
                      "an API key is needed: send Authorization: Bearer KEY, x-api-key or x-goog-api-key");
}

/// Holds the caller to the models of its key, which may not use all. Where the route did not want to know the model, it
/// is looked for now: a backend would act on it. A body that names none is refused, for what it makes a backend do
/// cannot be told (a batch, say, names its models in a file); a request without a body and a model can make it run
/// none.
net::Task<Result<void>> Exchange::check_model() {
  auto const* const key = caller_.key;
  bool const has_body = head_.framing != http::BodyFraming::none && !downstream_.body_done();
  if (!model_sought_) {
    auto const found = co_await find_model();
    // That an empty body should name a model holds for routes by model only.
    bool const empty = !has_body && !found && found.error().code == ErrorCode::invalid_json;
    if (!found && !empty) co_return found;
  }
  std::optional<std::string_view> model = decision_.model();
  std::optional<dialect::ModelsQuestion> resource;
  if (!model) {
    // OpenAI's models resource: also what is deleted there is a model.
    resource = dialect::models_question(decision_.path());
    if (resource && resource->id) model = *resource->id;
  }
  auto const refuse = [&](std::string const& what) {
    return client_error(ErrorCode::model_not_allowed, "the key '" + std::string(key->name()) + "' may not use " + what);
  };
  if (model && !key->allows(*model)) co_return refuse("the model '" + std::string(*model) + "'");
  if (policy::asks_for_websocket(head_) && !(model && address_decides(decision_.path()))) {
    co_return refuse("every model, and messages of this WebSocket could name any");
  }
  if (!model && (has_body || body_read_)) {
    co_return refuse("every model, and the request does not say which it wants");
  }
  co_return Result<void>{};
}

Result<void> Exchange::count_request() {
  if (caller_.key == nullptr || caller_.key->limit() == 0) return {};
  caller_.refusal = caller_.key->count_request(Clock::now());
  if (!caller_.refusal) return {};
  return client_error(ErrorCode::rate_limit_exceeded, "the limit of the key '" + std::string(caller_.key->name()) +
                                                          "' is reached (rpm: " + std::to_string(caller_.key->limit()) +
                                                          "); wait as long as Retry-After says");
}

}  // namespace inferway::proxy
