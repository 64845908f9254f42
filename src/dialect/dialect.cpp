#include "inferway/dialect/dialect.hpp"

#include "inferway/http/target.hpp"

#include <array>

namespace inferway::dialect {

namespace {

constexpr std::array<std::string_view, 16> kOllamaPaths = {
    "chat", "generate", "embed",  "embeddings", "tags",   "ps", "show",   "version",
    "pull", "push",     "create", "copy",       "delete", "me", "status", "signout",
};

bool is_ollama(std::string_view path) {
  if (!path.starts_with("/api/")) return false;
  path.remove_prefix(5);
  if (path.starts_with("blobs/")) return true;
  for (auto const known : kOllamaPaths) {
    if (path == known) return true;
  }
  return false;
}

constexpr std::string_view kBetaModels = "/v1beta/models/";
constexpr std::string_view kModels = "/v1/models/";

}  // namespace

Api client_dialect(std::string_view path) {
  if (path == "/v1/messages" || path.starts_with("/v1/messages/")) return Api::anthropic;
  if (path.starts_with(kBetaModels) || path == "/v1beta/models") return Api::gemini;
  if (path.starts_with(kModels) && path.substr(kModels.size()).find(':') != std::string_view::npos) return Api::gemini;
  if (is_ollama(path)) return Api::ollama;
  return Api::openai;
}

KeyPlace key_place(Api api) {
  switch (api) {
    case Api::openai:
    case Api::ollama: return {"Authorization", "Bearer "};
    case Api::anthropic: return {"x-api-key", ""};
    case Api::gemini: return {"x-goog-api-key", ""};
  }
  return {};
}

std::optional<PathModel> path_model(std::string_view path) {
  bool const beta = path.starts_with(kBetaModels);
  if (!beta && !path.starts_with(kModels)) return std::nullopt;
  auto const offset = beta ? kBetaModels.size() : kModels.size();
  auto id = path.substr(offset);
  auto const colon = id.rfind(':');
  // Without a verb the /v1 path is OpenAI's models resource, which is routed by its path alone.
  if (colon == std::string_view::npos && !beta) return std::nullopt;
  id = id.substr(0, colon);
  if (id.empty()) return std::nullopt;
  auto model = http::percent_decode(id);
  if (!model) return std::nullopt;
  return PathModel{.model = std::move(*model), .offset = offset, .length = id.size()};
}

}  // namespace inferway::dialect
