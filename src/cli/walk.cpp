#include "walk.hpp"

#include <utility>

namespace inferway::cli {

Result<void> Walk::to_route() {
  if (auto checked = decision_.check(); !checked) return checked;
  if (decision_.model_decides()) {
    if (auto found = find_model(); !found) return found;
  }
  auto const route = decision_.match();
  if (!route) return std::unexpected(route.error());
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
  bool const body_follows = head_.framing == http::BodyFraming::chunked || head_.content_length > 0;
  auto scanner = decision_.look_for_model(body_follows);
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
