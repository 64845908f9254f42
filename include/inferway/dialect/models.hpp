#pragma once

#include "inferway/base/error.hpp"
#include "inferway/dialect/dialect.hpp"
#include "inferway/http/head.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// The models resource: which paths ask for it, and what an answer looks like in each dialect.
namespace inferway::dialect {

/// What is asked for: all models, or one.
struct ModelsQuestion {
  bool beta = false;              ///< Gemini's path; else the one that OpenAI and Anthropic share
  std::optional<std::string> id;  ///< percent-decoded; nothing: the list
};
/// /v1/models, /v1beta/models, and either with an id behind it, which may bear slashes and colons. Nothing for other
/// paths: Gemini's methods (/v1/models/ID:method), an empty id, a broken encoding.
[[nodiscard]] std::optional<ModelsQuestion> models_question(std::string_view path);

/// The dialect of a caller: by its path; on /v1/models, and on paths that are nobody's (a prefix before an API's own),
/// by a field that only Anthropic's clients send, or (not on /v1/models) only Gemini's; else OpenAI's.
[[nodiscard]] Api client_dialect(std::string_view path, http::RequestHead const& head);

using Seconds = std::chrono::sys_seconds;

/// One model as an object. `since` stands where the dialect wants to know when it was made.
[[nodiscard]] std::string model_object(Api dialect, std::string_view id, Seconds since);

/// These models as a list; of Anthropic's and Gemini's the page that `query` asks for (limit, after_id, before_id;
/// pageSize, pageToken). Errors: bad_request, when it asks for none that there is.
[[nodiscard]] Result<std::string> models_list(Api dialect, std::span<std::string_view const> ids,
                                              std::string_view query, Seconds since);

}  // namespace inferway::dialect
