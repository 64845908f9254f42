// From a request's head to its route.

#include "exchange.hpp"
#include "inferway/balance/weighted.hpp"
#include "inferway/base/text.hpp"
#include "inferway/dialect/model_scan.hpp"
#include "inferway/http/target.hpp"

#include <algorithm>

namespace inferway::proxy {

namespace {

constexpr std::size_t kMaxRequestId = 128;

bool is_request_id(std::string_view text) {
  auto const allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-';
  };
  return !text.empty() && text.size() <= kMaxRequestId && std::ranges::all_of(text, allowed);
}

}  // namespace

net::Task<Result<void>> Exchange::admit() {
  choose_request_id();
  if (auto const checked = check_request(); !checked) co_return checked;
  routing::Query const query{.method = head_.method, .path = path_, .head = head_};
  auto const& table = proxy_.snapshot_.routes;
  auto const candidates = table.candidates(query);
  if (candidates.needs_model) {
    auto const found = co_await find_model();
    if (!found) co_return found;
  }
  auto const route = table.match(query, model_);
  if (!route) {
    if (route.error().code == ErrorCode::model_not_found && !model_) {
      co_return client_error(ErrorCode::model_not_found, "the request names no model, and no route takes it without");
    }
    if (route.error().code == ErrorCode::model_not_found) {
      co_return client_error(ErrorCode::model_not_found, "no route for the model '" + *model_ + "'");
    }
    co_return client_error(ErrorCode::route_not_found,
                           "no route for " + std::string(head_.method) + " " + std::string(path_));
  }
  route_ = *route;
  record_.route = static_cast<std::uint32_t>(route_);
  auto const& plan = proxy_.snapshot_.plans[route_];
  target_ = &plan.to[balance::choose_weighted(plan.weights, proxy_.upstream_.random())];
  record_.backend = static_cast<std::uint32_t>(target_->backend);
  if (target_->model) {
    // A route that does not match by model may rename it all the same.
    if (!candidates.needs_model) {
      auto const found = co_await find_model();
      if (!found) co_return found;
    }
    rename_model();
  }
  co_return Result<void>{};
}

/// The client's own id where it is harmless in logs and headers, else a new one.
void Exchange::choose_request_id() {
  if (auto const* field = head_.find(http::FieldId::x_request_id); field != nullptr && is_request_id(field->value)) {
    request_id_ = field->value;
  } else {
    static constexpr char kHex[] = "0123456789abcdef";
    for (std::size_t i = 0; i < id_storage_.size(); i += 16) {
      auto bits = proxy_.upstream_.random()();
      for (std::size_t j = 0; j < 16; ++j, bits >>= 4) id_storage_[i + j] = kHex[bits & 0xF];
    }
    request_id_ = {id_storage_.data(), id_storage_.size()};
  }
  record_.request_id = request_id_;
  request_id_ = record_.request_id.view();  // outlives the head
}

Result<void> Exchange::check_request() {
  if (head_.path == "*") {
    record_.path = head_.path;
    return client_error(ErrorCode::route_not_found, "no route for OPTIONS *");
  }
  auto const path = http::normalise_path(head_.path, path_storage_);
  if (!path) {
    record_.path = head_.path;
    return std::unexpected(path.error());
  }
  path_ = *path;
  record_.path = path_;
  dialect_ = dialect::client_dialect(path_);
  if (head_.content_length > proxy_.snapshot_.config.limits.body_bytes) {
    return client_error(ErrorCode::body_too_large, "the body is larger than limits.body_bytes");
  }
  return {};
}

/// The model from where it stands: the path, else the body, else (no body) the query.
net::Task<Result<void>> Exchange::find_model() {
  if (auto named = dialect::path_model(path_)) {
    model_ = std::move(named->model);
    model_offset_ = named->offset;
    model_length_ = named->length;
    model_place_ = ModelPlace::path;
  } else if (head_.framing != http::BodyFraming::none && !downstream_.body_done()) {
    auto const read = co_await read_body_for_model();
    if (!read) co_return read;
  } else if (head_.has_query) {
    auto value = http::query_parameter(head_.query, "model");
    if (!value) co_return std::unexpected(value.error());
    if (*value) model_place_ = ModelPlace::query;
    model_ = std::move(*value);
  }
  bool const wants_body = head_.method == "POST" || head_.method == "PUT" || head_.method == "PATCH";
  if (!model_ && !body_read_ && wants_body && model_place_ == ModelPlace::none) {
    co_return client_error(ErrorCode::invalid_json, "the body is empty; a JSON object with a \"model\" is expected");
  }
  if (!model_) co_return Result<void>{};
  if (auto const complaint = dialect::complaint_about_model_name(*model_); !complaint.empty()) {
    model_.reset();
    co_return client_error(ErrorCode::invalid_model, "the model's name " + std::string(complaint));
  }
  record_.model.assign(*model_);
  co_return Result<void>{};
}

net::Task<Result<void>> Exchange::read_body_for_model() {
  auto const* const encoding = head_.find(http::FieldId::content_encoding);
  if (encoding != nullptr && !iequals(encoding->value, "identity")) {
    co_return client_error(ErrorCode::unsupported_encoding,
                           "a compressed body cannot be routed by its model; send it without Content-Encoding");
  }
  auto const* const type = head_.find(http::FieldId::content_type);
  auto boundary = dialect::MultipartModelScanner::boundary(type != nullptr ? type->value : std::string_view());
  if (!boundary) co_return std::unexpected(boundary.error());
  if (*boundary) {
    model_place_ = ModelPlace::form;
    co_return co_await scan_body(dialect::MultipartModelScanner(std::move(**boundary)));
  }
  model_place_ = ModelPlace::json;
  co_return co_await scan_body(dialect::JsonModelScanner());
}

/// Reads the body whole and has it scanned as it comes.
template <typename Scanner>
net::Task<Result<void>> Exchange::scan_body(Scanner scanner) {
  for (int rounds = 1; !body_.whole(); ++rounds) {
    auto const piece = body_.read_some(downstream_);
    if (!piece) co_return std::unexpected(piece.error());
    if (*piece) {
      scanner.feed(**piece);
      if (rounds % kRoundsAtOnce != 0) continue;
      downstream_.waiter().notify();  // goes on as soon as the others have gone on
    }
    if (auto const gone = downstream_.gone()) {
      if (*gone == ErrorCode::draining) co_return std::unexpected(gateway_ends());
      co_return client_error(*gone, "the client left");
    }
    co_await downstream_.waiter().wait();
  }
  body_read_ = true;
  auto found = scanner.finish();
  if (!found) co_return std::unexpected(found.error());
  if (*found) {
    model_ = std::move((*found)->model);
    model_offset_ = (*found)->offset;
    model_length_ = (*found)->length;
  }
  co_return Result<void>{};
}

/// Puts the target's model in the place of the client's. A request that names none goes as it is.
void Exchange::rename_model() {
  auto const& model = *target_->model;
  if (!model_) return;
  switch (model_place_) {
    case ModelPlace::json: spliced_model_ = dialect::json_string(model); break;
    case ModelPlace::form: spliced_model_ = model; break;
    case ModelPlace::path: {
      upstream_path_.assign(path_.substr(0, model_offset_));
      http::append_percent_encoded(upstream_path_, model);
      upstream_path_.append(path_.substr(model_offset_ + model_length_));
      path_changed_ = true;
      return;
    }
    case ModelPlace::query: {
      std::string storage;
      upstream_query_ = http::without_parameters(head_.query, {"model"}, storage);
      if (!upstream_query_.empty()) upstream_query_ += '&';
      upstream_query_ += "model=";
      http::append_percent_encoded(upstream_query_, model);
      query_changed_ = true;
      return;
    }
    case ModelPlace::none: return;
  }
  body_.splice(model_offset_, model_length_, spliced_model_);
}

}  // namespace inferway::proxy
