#include "api.hpp"

#include "inferway/base/text.hpp"

#include <algorithm>
#include <array>

namespace inferway::mock {

namespace {

using JsonCall = Answer (*)(Request const&, Json const&, Behaviour const&);

struct JsonEndpoint {
  std::string_view path;
  JsonCall call;
};

constexpr std::array<JsonEndpoint, 4> kJsonEndpoints{{{"/v1/chat/completions", chat_completion},
                                                      {"/v1/completions", text_completion},
                                                      {"/v1/responses", response},
                                                      {"/v1/embeddings", embeddings}}};

Reply not_found() { return error_reply(404, "There is nothing at this path.", "invalid_request_error", ""); }

Reply wrong_method(std::string_view allowed) {
  return error_reply(405, "Only " + std::string(allowed) + " works here.", "invalid_request_error", "");
}

Answer answer_json(Request const& request, JsonCall call, Models const& models, Behaviour const& behaviour) {
  auto const body = Json::parse(request.body, nullptr, false);
  if (body.is_discarded() || !body.is_object()) {
    return error_reply(400, "The body is no JSON object.", "invalid_request_error", "");
  }
  auto const model = body.find("model");
  if (model == body.end() || !model->is_string()) {
    return error_reply(400, "You must provide a model parameter.", "invalid_request_error", "");
  }
  auto const& named = model->get_ref<std::string const&>();
  if (!knows(models, named)) return unknown_model(named);
  return call(request, body, behaviour);
}

Answer answer_api(Request const& request, Models const& models, Behaviour const& behaviour) {
  if (behaviour.status >= 400) return status_reply(behaviour.status);
  auto const path = request.path();
  bool const post = request.method == "POST";
  bool const get = request.method == "GET" || request.method == "HEAD";
  auto const endpoint = std::ranges::find(kJsonEndpoints, path, &JsonEndpoint::path);
  if (endpoint != kJsonEndpoints.end()) {
    return post ? answer_json(request, endpoint->call, models, behaviour) : Answer(wrong_method("POST"));
  }
  if (path == "/v1/audio/transcriptions" || path == "/v1/audio/translations") {
    return post ? transcription(request, models, behaviour) : Answer(wrong_method("POST"));
  }
  if (path == "/v1/files") return post ? file_upload(request) : Answer(wrong_method("POST"));
  if (path == "/v1/realtime") return request.method == "GET" ? realtime(request, models) : Answer(wrong_method("GET"));
  if (path == "/v1/models") return get ? model_list(request, models) : Answer(wrong_method("GET"));
  constexpr std::string_view kModel = "/v1/models/";
  if (path.starts_with(kModel)) {
    return get ? model(request, models, path.substr(kModel.size())) : Answer(wrong_method("GET"));
  }
  return not_found();
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (auto const& [header_name, value] : headers) {
    if (iequals(header_name, name)) return value;
  }
  return {};
}

Answer answer(Request const& request, Models const& models, Behaviour const& behaviour) {
  auto const path = request.path();
  // As an admin port answers, so that `inferway health` can ask a mock, too.
  if (path == "/live" || path == "/ready")
    return Reply{.content_type = "text/plain", .body = std::string(path.substr(1)) + "\n"};
  if (path == "/echo") return echo(request);
  if (path.starts_with("/v1/")) return answer_api(request, models, behaviour);
  return not_found();
}

/// Bytes that are no UTF-8 become U+FFFD: a header or a file's name may hold any.
std::string dump(Json const& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Reply json_reply(Json const& json) { return {.body = dump(json)}; }

Reply error_reply(unsigned status, std::string_view message, std::string_view type, std::string_view code) {
  Json const error{
      {"message", message}, {"type", type}, {"param", nullptr}, {"code", code.empty() ? Json(nullptr) : Json(code)}};
  return {.status = status, .body = dump({{"error", error}})};
}

Reply status_reply(unsigned status) {
  static constexpr std::string_view kMessage = "The mock was told to answer so.";
  switch (status) {
    case 401: return error_reply(status, kMessage, "invalid_request_error", "invalid_api_key");
    case 404: return error_reply(status, kMessage, "invalid_request_error", "model_not_found");
    case 429: return error_reply(status, kMessage, "requests", "rate_limit_exceeded");
    case 503: return error_reply(status, kMessage, "service_unavailable", "slow_down");
    case 529: return error_reply(status, kMessage, "overloaded_error", "");
    default: return error_reply(status, kMessage, status < 500 ? "invalid_request_error" : "server_error", "");
  }
}

std::string data_event(std::string_view data) { return "data: " + std::string(data) + "\n\n"; }

bool knows(Models const& models, std::string_view model) {
  return models.empty() || std::ranges::find(models, model) != models.end();
}

Reply unknown_model(std::string_view model) {
  return error_reply(404, "The model `" + std::string(model) + "` does not exist.", "invalid_request_error",
                     "model_not_found");
}

}  // namespace inferway::mock
