#pragma once

#include "inferway/dialect/dialect.hpp"
#include "inferway/dialect/stream_events.hpp"

#include <string>
#include <string_view>

namespace inferway::dialect {

/// What a backend said of its own failure. Each text is bounded, not always UTF-8, and "" where it said nothing.
struct StreamError {
  static constexpr std::size_t kMaxWordBytes = 128;
  static constexpr std::size_t kMaxMessageBytes = 2000;

  int status = 0;  ///< 400 to 599; 0 where neither a number nor a known word tells it
  std::string code;
  std::string type;
  std::string message;
};

/// Reads an event that classify() calls an error, in the form of OpenAI, its responses API, Azure, Anthropic, Gemini,
/// Ollama, vLLM or TGI. Data that is no JSON is the message.
[[nodiscard]] StreamError read_error(Event const& event);

/// As dialect.hpp has them, with the backend's own code, type and message in the client's dialect. Where it gave none,
/// they follow its status (502 where it gave none either).
[[nodiscard]] std::string error_body(Api dialect, StreamError const& error, std::string_view request_id);
[[nodiscard]] std::string error_event(Api dialect, http::StreamApi stream, StreamError const& error,
                                      std::string_view request_id);

}  // namespace inferway::dialect
