// What a path tells, and where keys go.

#include "inferway/dialect/dialect.hpp"

#include "inferway/http/target.hpp"

#include <algorithm>
#include <array>

namespace inferway::dialect {

namespace {

constexpr std::string_view kBetaModels = "/v1beta/models/";
constexpr std::string_view kModels = "/v1/models/";

/// The methods of Gemini's models. Under /v1/models they alone tell its paths from OpenAI's, whose ids may bear colons,
/// too: "llama3:latest", "ft:gpt-4o:org::id".
constexpr auto kGeminiMethods = std::to_array<std::string_view>({
    "asyncBatchEmbedContent",
    "batchEmbedContents",
    "batchEmbedText",
    "batchGenerateContent",
    "countMessageTokens",
    "countTextTokens",
    "countTokens",
    "embedContent",
    "embedText",
    "generateAnswer",
    "generateContent",
    "generateMessage",
    "generateText",
    "predict",
    "predictLongRunning",
    "streamGenerateContent",
});

constexpr auto kOllamaPaths = std::to_array<std::string_view>({
    "chat",
    "copy",
    "create",
    "delete",
    "embed",
    "embeddings",
    "generate",
    "me",
    "ps",
    "pull",
    "push",
    "show",
    "signout",
    "status",
    "tags",
    "version",
});

bool is_in(std::string_view word, auto const& list) { return std::ranges::find(list, word) != list.end(); }

/// Whether a path is `prefix` or stands below it.
bool is_under(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

bool is_gemini(std::string_view path) {
  if (path.starts_with(kModels)) return ends_in_gemini_method(path);
  // Google's own OpenAI dialect stands below its version, too.
  if (is_under(path, "/v1beta")) return !is_under(path, "/v1beta/openai");
  return is_under(path, "/upload/v1beta") || is_under(path, "/download/v1beta") ||
         path.starts_with("/ws/google.ai.generativelanguage.");
}

bool is_ollama(std::string_view path) {
  static constexpr std::string_view kApi = "/api/";
  if (!path.starts_with(kApi)) return false;
  path.remove_prefix(kApi.size());
  return path.starts_with("blobs/") || is_in(path, kOllamaPaths);
}

}  // namespace

bool ends_in_gemini_method(std::string_view path) {
  auto const colon = path.rfind(':');
  return colon != std::string_view::npos && is_in(path.substr(colon + 1), kGeminiMethods);
}

Api client_dialect(std::string_view path) {
  if (is_under(path, "/v1/messages")) return Api::anthropic;
  if (is_gemini(path)) return Api::gemini;
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
  if (!beta && !(path.starts_with(kModels) && ends_in_gemini_method(path))) return std::nullopt;
  auto const offset = beta ? kBetaModels.size() : kModels.size();
  auto const id = path.substr(offset, path.substr(offset).rfind(':'));
  if (id.empty()) return std::nullopt;
  auto model = http::percent_decode(id);
  if (!model) return std::nullopt;
  return PathModel{.model = std::move(*model), .offset = offset, .length = id.size()};
}

}  // namespace inferway::dialect
