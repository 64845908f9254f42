#pragma once

#include "inferway/base/error.hpp"
#include "inferway/config/config.hpp"
#include "inferway/http/event_scanner.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace inferway::dialect {

using config::Api;

/// The dialect a client speaks, known by its (normalised) path: /v1/messages and below is Anthropic's; /v1beta (but
/// /v1beta/openai), its uploads and live API, and /v1/models/ID:method Gemini's, where the method is one that Gemini
/// has; /api/chat, generate, embed, embeddings, tags, ps, show, version, pull, ... Ollama's; all else OpenAI's.
[[nodiscard]] Api client_dialect(std::string_view path);

/// The gateway's own error as a JSON body in that dialect. `message` is for the caller.
/// OpenAI: {"error":{message,type,code,param}}; Anthropic: {"type":"error","error":{type,message},"request_id"};
/// Gemini: {"error":{code,message,status}}; Ollama: {"error":"..."}.
[[nodiscard]] std::string error_body(Api dialect, ErrorCode code, std::string_view message,
                                     std::string_view request_id);

/// The same as the last event of a stream that broke after its head was sent: a whole SSE event (or NDJSON line),
/// its terminating blank line included, in the form that the SDK which reads such a stream raises an exception for.
/// `dialect` decides where `stream` is unknown.
[[nodiscard]] std::string error_event(Api dialect, http::StreamApi stream, ErrorCode code, std::string_view message,
                                      std::string_view request_id);

/// Where a provider key goes: the field's name and what stands before the key ("Bearer " or nothing).
struct KeyPlace {
  std::string_view field;
  std::string_view prefix;
};
[[nodiscard]] KeyPlace key_place(Api api);

/// A model name in a path: /v1beta/models/ID and /v1beta/models/ID:verb, and /v1/models/ID:verb where Gemini has that
/// verb. ID ends at the last colon; "tunedModels/x" and "models/x" inside the id are kept. Nothing when the id is
/// empty.
struct PathModel {
  std::string model;       ///< percent-decoded
  std::size_t offset = 0;  ///< of the raw id in the path
  std::size_t length = 0;
};
[[nodiscard]] std::optional<PathModel> path_model(std::string_view path);

/// Whether a colon and one of Gemini's methods end it.
[[nodiscard]] bool ends_in_gemini_method(std::string_view path);

}  // namespace inferway::dialect
