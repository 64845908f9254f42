// The models resource, where no route claims it: which models there are stands in the routes.

#include "inferway/proxy/models.hpp"

#include "inferway/dialect/models.hpp"

#include <string_view>
#include <vector>

namespace inferway::proxy {

std::optional<ModelsAnswer> answer_models(CompiledConfig const& compiled, Decision const& decision,
                                          Authorization const& caller, http::RequestHead const& head,
                                          std::chrono::sys_seconds since) {
  if (head.method != "GET" && head.method != "HEAD") return std::nullopt;
  auto const question = dialect::models_question(decision.path());
  if (!question) return std::nullopt;
  std::vector<std::string_view> names;
  for (auto const& model : compiled.models) {
    if (caller.may_use(model) && question->id.value_or(model.name) == model.name) names.emplace_back(model.name);
  }
  if (!question->id) {
    return ModelsAnswer{.id = {}, .body = dialect::models_list(decision.dialect(), names, head.query, since)};
  }
  if (names.empty()) {
    return ModelsAnswer{.id = question->id,
                        .body = client_error(ErrorCode::model_not_found, "there is no model '" + *question->id + "'")};
  }
  return ModelsAnswer{.id = question->id, .body = dialect::model_object(decision.dialect(), names.front(), since)};
}

}  // namespace inferway::proxy
