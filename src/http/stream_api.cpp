// Which stream a path answers with.

#include "inferway/http/event_scanner.hpp"

namespace inferway::http {

namespace {

/// ".../responses/{id}": a stored response, streamed once more.
bool is_stored_response(std::string_view path) {
  auto const slash = path.rfind('/');
  return slash != std::string_view::npos && slash + 1 < path.size() && path.substr(0, slash).ends_with("/responses");
}

}  // namespace

StreamApi stream_api(std::string_view path) {
  // "/chat/completions" also ends so.
  if (path.ends_with("/completions")) return StreamApi::openai_done;
  if (path.ends_with("/responses") || is_stored_response(path)) return StreamApi::openai_responses;
  if (path.ends_with("/v1/messages")) return StreamApi::anthropic_messages;
  if (path.ends_with(":streamGenerateContent")) return StreamApi::gemini_generate;
  if (path.ends_with("/api/chat") || path.ends_with("/api/generate")) return StreamApi::ollama_lines;
  return StreamApi::unknown;
}

}  // namespace inferway::http
