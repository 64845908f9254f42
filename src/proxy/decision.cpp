#include "inferway/proxy/decision.hpp"

#include "inferway/base/text.hpp"
#include "inferway/dialect/models.hpp"
#include "inferway/http/target.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace inferway::proxy {

namespace {

constexpr std::size_t kMaxRequestId = 128;
constexpr std::size_t kShortestSecret = 8;

bool is_request_id(std::string_view text) {
  auto const allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-';
  };
  return !text.empty() && text.size() <= kMaxRequestId && std::ranges::all_of(text, allowed);
}

}  // namespace

BodyScanner::BodyScanner(std::optional<std::string> const& boundary) {
  if (boundary) scanner_.emplace<dialect::MultipartModelScanner>(*boundary);
}

Result<void> Decision::check() {
  if (head_.path == "*") return client_error(ErrorCode::route_not_found, "no route for OPTIONS *");
  auto const path = http::normalise_path(head_.path, path_storage_);
  if (!path) return std::unexpected(path.error());
  path_ = *path;
  dialect_ = dialect::client_dialect(path_, head_);
  if (head_.content_length > compiled_.config.limits.body_bytes) {
    return client_error(ErrorCode::body_too_large, "the body is larger than limits.body_bytes");
  }
  return websocket_ ? http::check_websocket_request(head_) : Result<void>{};
}

/// The path goes before the body, the body before the query.
Result<std::optional<BodyScanner>> Decision::look_for_model(bool body_follows) {
  if (auto named = dialect::path_model(path_)) {
    model_ = std::move(named->model);
    model_offset_ = named->offset;
    model_length_ = named->length;
    place_ = ModelPlace::path;
  } else if (body_follows) {
    return scanner();
  } else if (head_.has_query) {
    auto value = http::query_parameter(head_.query, "model");
    if (!value) return std::unexpected(value.error());
    if (*value) place_ = ModelPlace::query;
    model_ = std::move(*value);
  }
  bool const wants_body = head_.method == "POST" || head_.method == "PUT" || head_.method == "PATCH";
  if (!model_ && wants_body) {
    return client_error(ErrorCode::invalid_json, "the body is empty; a JSON object with a \"model\" is expected");
  }
  if (auto const checked = check_model(); !checked) return std::unexpected(checked.error());
  return std::nullopt;
}

Result<std::optional<BodyScanner>> Decision::scanner() {
  auto const* const encoding = head_.find(http::FieldId::content_encoding);
  if (encoding != nullptr && !iequals(encoding->value, "identity")) {
    return client_error(ErrorCode::unsupported_encoding,
                        "a compressed body cannot be routed by its model; send it without Content-Encoding");
  }
  auto const* const type = head_.find(http::FieldId::content_type);
  auto const boundary = dialect::MultipartModelScanner::boundary(type != nullptr ? type->value : std::string_view());
  if (!boundary) return std::unexpected(boundary.error());
  place_ = *boundary ? ModelPlace::form : ModelPlace::json;
  return Result<std::optional<BodyScanner>>(std::in_place, std::in_place, *boundary);  // made where it stays
}

Result<void> Decision::found(std::optional<dialect::BodyModel>&& model) {
  if (!model) return {};
  model_ = std::move(model->model);  // the scanner has looked whether it can be one
  model_offset_ = model->offset;
  model_length_ = model->length;
  return {};
}

Result<void> Decision::check_model() {
  if (!model_) return {};
  auto const complaint = dialect::complaint_about_model_name(*model_);
  if (complaint.empty()) return {};
  model_.reset();
  return client_error(ErrorCode::invalid_model, "the model's name " + std::string(complaint));
}

Result<std::size_t> Decision::match() {
  auto const route = compiled_.routes.match(query(), model_, only_group_);
  if (route) {
    route_ = *route;
    return route;
  }
  if (route.error().code != ErrorCode::model_not_found) {
    return client_error(ErrorCode::route_not_found,
                        "no route for " + std::string(head_.method) + " " + std::string(path_));
  }
  if (model_) return client_error(ErrorCode::model_not_found, "no route for the model '" + *model_ + "'");
  return client_error(ErrorCode::model_not_found, "the request names no model, and no route takes it without");
}

std::optional<Splice> Decision::settle(TargetPlan const& target) {
  path_changed_ = query_changed_ = false;
  auto splice = target.model ? rename(*target.model) : std::nullopt;
  if (compiled_.config.routes[route_].rewrite) {
    upstream_path_ = rewritten(upstream_path());
    path_changed_ = true;
  }
  if (head_.has_query) drop_parameters();
  return splice;
}

/// Puts the target's model in the place of the client's. A request that names none goes as it is.
std::optional<Splice> Decision::rename(std::string const& model) {
  if (!model_) return std::nullopt;
  switch (place_) {
    case ModelPlace::json: spliced_model_ = dialect::json_string(model); break;
    case ModelPlace::form: spliced_model_ = model; break;
    case ModelPlace::path:
      upstream_path_.assign(path_.substr(0, model_offset_));
      http::append_percent_encoded(upstream_path_, model);
      upstream_path_.append(path_.substr(model_offset_ + model_length_));
      path_changed_ = true;
      return std::nullopt;
    case ModelPlace::query: {
      std::string storage;
      upstream_query_ = http::without_parameters(head_.query, std::to_array<std::string_view>({"model"}), storage);
      if (!upstream_query_.empty()) upstream_query_ += '&';
      upstream_query_ += "model=";
      http::append_percent_encoded(upstream_query_, model);
      query_changed_ = true;
      return std::nullopt;
    }
    case ModelPlace::none: return std::nullopt;
  }
  return Splice{.offset = model_offset_, .length = model_length_, .value = spliced_model_};
}

std::string Decision::rewritten(std::string_view matched) const {
  auto const& route = compiled_.config.routes[route_];
  if (!route.rewrite) return std::string(matched);
  auto const tail = routing::matched_tail(route.match.path, matched);
  auto path = *route.rewrite;
  if (auto const at = path.find("{path}"); at != std::string::npos) path.replace(at, 6, tail);
  return path;
}

/// Gemini's clients may put their key into the query, whatever its path is called here.
void Decision::drop_parameters() {
  std::vector<std::string_view> names(withheld_parameters_.begin(), withheld_parameters_.end());
  if (dialect_ == dialect::Api::gemini || dialect::client_dialect(upstream_path()) == dialect::Api::gemini) {
    names.insert(names.end(), {"key", "api_key"});
  }
  if (names.empty()) return;
  std::string storage;
  std::string const query(upstream_query());
  upstream_query_ = http::without_parameters(query, names, storage);
  query_changed_ = true;
}

BodyFraming Decision::upstream_framing(std::optional<std::uint64_t> whole_bytes) const {
  if (whole_bytes) return {.chunked = false, .length = whole_bytes};
  if (head_.framing == http::BodyFraming::chunked) return {.chunked = true, .length = std::nullopt};
  if (head_.framing == http::BodyFraming::none) return {};
  return {.chunked = false, .length = head_.content_length};
}

std::optional<std::string_view> client_request_id(http::RequestHead const& head) {
  auto const* const field = head.find(http::FieldId::x_request_id);
  if (field == nullptr || !is_request_id(field->value)) return std::nullopt;
  // An id is shown in logs: one that is a credential of the same request is none.
  bool const secret = std::ranges::any_of(head.fields, [&](http::Field const& other) {
    return is_guarded(other.id) && field->value.size() >= kShortestSecret && other.value.ends_with(field->value);
  });
  return secret ? std::nullopt : std::optional(field->value);
}

}  // namespace inferway::proxy
