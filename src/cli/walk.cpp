#include "walk.hpp"

#include <utility>

namespace inferway::cli {

Result<void> Walk::to_route() {
  policy::Sha256 sha256;
  if (auto checked = decision_.check(); !checked) return checked;
  if (auto identified = caller_.identify(sha256); !identified) return identified;
  decision_.withhold(caller_.withheld_parameters());
  auto const candidates = decision_.candidates();
  if (auto known = caller_.check_candidates(candidates); !known) return known;
  if (candidates.needs_model) {
    if (auto found = find_model(); !found) return found;
  }
  auto const route = decision_.match();
  if (auto known = caller_.check_route(route ? std::optional(*route) : std::nullopt); !known) return known;
  if (!route) return answer_models(route.error());
  return caller_.wants_model() ? check_model() : Result<void>{};
}

Result<void> Walk::check_model() {
  if (!looked_) {
    auto const found = find_model();
    bool const empty = !has_body() && !found && found.error().code == ErrorCode::invalid_json;
    if (!found && !empty) return found;
  }
  return caller_.check_model(decision_, has_body());
}

Result<void> Walk::answer_models(Error const& no_route) {
  auto const answer = proxy::answer_models(compiled_, decision_, caller_, head_, {});
  if (!answer) return std::unexpected(no_route);
  if (!answer->body) return std::unexpected(answer->body.error());
  answers_models_ = true;
  return {};
}

Result<std::optional<proxy::Splice>> Walk::to_choice(proxy::TargetPlan const& target) {
  if (auto const routed = to_route(); !routed) return std::unexpected(routed.error());
  if (target.model && !looked_) {
    if (auto const found = find_model(); !found) return std::unexpected(found.error());
  }
  auto const splice = decision_.settle(target);
  if (whole_bytes_ && splice) *whole_bytes_ += splice->value.size() - splice->length;
  return splice;
}

Result<void> Walk::to_model() {
  if (auto checked = decision_.check(); !checked) return checked;
  return find_model();
}

Result<void> Walk::find_model() {
  looked_ = true;
  auto scanner = decision_.look_for_model(has_body());
  if (!scanner) return std::unexpected(scanner.error());
  if (!*scanner) return {};
  if (body_.size() > limits_.body_bytes) {  // a length that was announced has been checked
    return client_error(ErrorCode::body_too_large, "the body is larger than limits.body_bytes");
  }
  whole_bytes_ = body_.size();
  (*scanner)->feed(body_);
  auto found = (*scanner)->finish();
  if (!found) return std::unexpected(found.error());
  return decision_.found(std::move(*found));
}

}  // namespace inferway::cli
