// The models resource, where no route claims it: which models there are stands in the routes.

#include "models.hpp"

#include "exchange.hpp"
#include "inferway/dialect/model_scan.hpp"
#include "inferway/dialect/models.hpp"
#include "inferway/http/answer.hpp"

#include <string_view>
#include <unordered_map>

namespace inferway::proxy {

std::vector<ListedModel> list_models(config::Config const& config) {
  std::vector<ListedModel> models;
  std::unordered_map<std::string_view, std::size_t> known;
  for (auto const& route : config.routes) {
    auto const& model = route.match.model;
    if (!model || model->find('*') != std::string::npos) continue;
    bool const needs_key = config::needs_key(route, config.keys);
    auto const [place, is_new] = known.try_emplace(*model, models.size());
    if (is_new) {
      models.push_back({.name = *model, .needs_key = needs_key});
    } else if (!needs_key) {
      models[place->second].needs_key = false;
    }
  }
  return models;
}

/// What the caller may use of it.
bool Exchange::may_use(ListedModel const& model) const {
  return caller_.key != nullptr ? caller_.key->allows(model.name) : !model.needs_key;
}

/// Answers the request if it asks for models. False: it does not.
Result<bool> Exchange::answer_models() {
  if (head_.method != "GET" && head_.method != "HEAD") return false;
  auto const question = dialect::models_question(decision_.path());
  if (!question) return false;
  std::vector<std::string_view> names;
  for (auto const& model : proxy_.snapshot_.models) {
    if (may_use(model) && question->id.value_or(model.name) == model.name) names.emplace_back(model.name);
  }
  auto const since = proxy_.snapshot_.since;
  if (!question->id) {
    auto const list = dialect::models_list(decision_.dialect(), names, head_.query, since);
    if (!list) return std::unexpected(list.error());
    answer_json(*list);
    return true;
  }
  if (dialect::complaint_about_model_name(*question->id).empty()) record_.model.assign(*question->id);
  // What the key may not use is not to be told from what does not exist.
  if (names.empty()) return client_error(ErrorCode::model_not_found, "there is no model '" + *question->id + "'");
  answer_json(dialect::model_object(decision_.dialect(), names.front(), since));
  return true;
}

void Exchange::answer_json(std::string_view body) {
  server::AnswerField const more[] = {{"Content-Type", "application/json"}, {"x-request-id", request_id_}};
  record_.status = 200;
  downstream_.send_head({.status = record_.status,
                         .reason = http::reason_phrase(record_.status),
                         .fields = {},
                         .more = more,
                         .body = true,
                         .length = body.size()});
  std::string_view const pieces[] = {body};
  downstream_.send_body(pieces, server::More::none);
}

}  // namespace inferway::proxy
