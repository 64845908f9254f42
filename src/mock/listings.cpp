// What shows something without making anything up: the models, and the request itself.

#include "api.hpp"
#include "base64.hpp"
#include "inferway/base/text.hpp"

namespace inferway::mock {

namespace {

/// Shown where the mock takes any model.
constexpr std::string_view kAnyModel = "mock-model";

Json model_object(Request const& request, std::string_view id) {
  return {{"id", id}, {"object", "model"}, {"created", request.now}, {"owned_by", "inferway-mock"}};
}

/// An id stands in the path raw or percent-encoded.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool const escape =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

Answer model_list(Request const& request, Models const& models) {
  Json data = Json::array();
  for (auto const& id : models) data.push_back(model_object(request, id));
  if (models.empty()) data.push_back(model_object(request, kAnyModel));
  return json_reply({{"object", "list"}, {"data", std::move(data)}});
}

Answer model(Request const& request, Models const& models, std::string_view id) {
  auto const name = decoded(id);
  if (!knows(models, name)) return unknown_model(name);
  return json_reply(model_object(request, name));
}

Answer echo(Request const& request) {
  Json headers = Json::array();
  for (auto const& [name, value] : request.headers) headers.push_back(Json::array({name, value}));
  return json_reply({{"method", request.method},
                     {"target", request.target},
                     {"headers", std::move(headers)},
                     {"body_base64", base64(request.body)},
                     {"body_length", request.body.size()}});
}

}  // namespace inferway::mock
