// What an event means for the answer it belongs to.

#include "inferway/dialect/stream_events.hpp"
#include "json_walk.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace inferway::dialect {

namespace {

using Words = std::span<std::string_view const>;

bool is_one_of(std::string_view word, Words words) { return std::ranges::find(words, word) != words.end(); }

/// Official clients raise an error only for what is true to them.
bool tells_error(std::string_view error) { return !is_null(error) && error != "false" && error != "\"\""; }

/// Whether something other than `fixed` members stands in an object.
bool has_more_than(std::string_view object, Words fixed) {
  JsonWalk walk(object);
  if (!walk.is_object()) return !is_blank(object);
  while (auto const item = walk.next()) {
    if (!is_one_of(item->key, fixed) && !is_blank(item->value)) return true;
  }
  return !walk.whole();
}

EventKind more_than(std::string_view object, Words fixed) {
  return has_more_than(object, fixed) ? EventKind::content : EventKind::lifecycle;
}

constexpr std::array<std::string_view, 1> kRole{"role"};
constexpr std::array<std::string_view, 1> kType{"type"};

/// The kind of the object in `array` that says most: a terminal one, else one with content.
template <typename KindOf>
EventKind strongest(std::string_view array, KindOf kind_of) {
  JsonWalk walk(array);
  if (!walk.is_array()) return EventKind::content;
  auto strongest = EventKind::lifecycle;
  while (auto const item = walk.next()) strongest = std::max(strongest, kind_of(item->value));
  return walk.whole() ? strongest : EventKind::content;
}

/// Of chat completions, and of the older text completions.
EventKind choice_kind(std::string_view choice) {
  JsonWalk walk(choice);
  if (!walk.is_object()) return EventKind::content;
  auto kind = EventKind::lifecycle;
  while (auto const item = walk.next()) {
    auto const& [key, value] = *item;
    if (key == "finish_reason" && !is_blank(value)) return EventKind::terminal;
    if ((key == "delta" || key == "message") && has_more_than(value, kRole)) kind = EventKind::content;
    if (key == "text" && !is_blank(value)) kind = EventKind::content;
  }
  return kind;
}

EventKind chunk_kind(std::string_view data) {
  JsonWalk walk(data);
  std::string_view choices;
  std::string_view usage;
  while (auto const item = walk.next()) {
    if (item->key == "choices") choices = item->value;
    if (item->key == "usage") usage = item->value;
  }
  // No choices in it: Azure begins with a word on the prompt, and any stream may end with its usage.
  if (is_blank(choices)) return choices.empty() || !is_null(usage) ? EventKind::content : EventKind::lifecycle;
  return strongest(choices, choice_kind);
}

/// An item of an answer that is about to be filled: a message or a chain of thoughts with nothing in it yet.
EventKind output_item_kind(std::string_view item) {
  static constexpr auto kFixed = std::to_array<std::string_view>({"type", "id", "status", "role", "phase"});
  auto const type = member(item, "type");
  return type == "\"message\"" || type == "\"reasoning\"" ? more_than(item, kFixed) : EventKind::content;
}

EventKind responses_kind(std::string_view type, std::string_view data) {
  static constexpr auto kLifecycle = std::to_array<std::string_view>(
      {"response.created", "response.queued", "response.in_progress", "keepalive", "ping"});
  static constexpr auto kTerminal = std::to_array<std::string_view>({"response.completed", "response.incomplete"});
  if (type == "response.failed") return EventKind::error;
  if (is_one_of(type, kTerminal)) return EventKind::terminal;
  if (is_one_of(type, kLifecycle)) return EventKind::lifecycle;
  if (type == "response.output_item.added") return output_item_kind(member(data, "item"));
  if (type == "response.content_part.added" || type == "response.reasoning_summary_part.added") {
    return more_than(member(data, "part"), kType);
  }
  return EventKind::content;
}

EventKind messages_kind(std::string_view type, std::string_view data) {
  static constexpr auto kLifecycle = std::to_array<std::string_view>({"ping", "content_block_stop"});
  if (is_one_of(type, kLifecycle)) return EventKind::lifecycle;
  if (type == "message_start") {
    return is_blank(member(member(data, "message"), "content")) ? EventKind::lifecycle : EventKind::content;
  }
  if (type == "content_block_start") {
    auto const block = member(data, "content_block");
    auto const block_type = member(block, "type");
    bool const is_filled_later = block_type == "\"text\"" || block_type == "\"thinking\"";
    return is_filled_later ? more_than(block, kType) : EventKind::content;
  }
  if (type == "message_stop") return EventKind::terminal;
  bool const ends = type == "message_delta" && !is_null(member(member(data, "delta"), "stop_reason"));
  return ends ? EventKind::terminal : EventKind::content;
}

EventKind candidate_kind(std::string_view candidate) {
  static constexpr auto kFixed = std::to_array<std::string_view>({"thought"});
  if (!is_blank(member(candidate, "finishReason"))) return EventKind::terminal;
  auto const parts = member(member(candidate, "content"), "parts");
  if (is_blank(parts)) return EventKind::lifecycle;
  return strongest(parts, [](std::string_view part) { return more_than(part, kFixed); });
}

EventKind gemini_kind(std::string_view data) {
  if (!is_null(member(member(data, "promptFeedback"), "blockReason"))) return EventKind::terminal;
  auto const candidates = member(data, "candidates");
  return is_blank(candidates) ? EventKind::lifecycle : strongest(candidates, candidate_kind);
}

EventKind line_kind(std::string_view data) {
  static constexpr auto kContent = std::to_array<std::string_view>({"response", "thinking", "tool_calls", "image"});
  JsonWalk walk(data);
  auto kind = EventKind::lifecycle;
  bool message = false;
  while (auto const item = walk.next()) {
    auto const& [key, value] = *item;
    if (key == "done" && value == "true") return EventKind::terminal;
    if (key == "message" && has_more_than(value, kRole)) kind = EventKind::content;
    if (is_one_of(key, kContent) && !is_blank(value)) kind = EventKind::content;
    message = message || key == "message" || key == "response";
  }
  return message ? kind : EventKind::content;
}

/// `data` is an object without an error.
EventKind kind_of(http::StreamApi api, std::string_view name, std::string_view data) {
  bool const typed = api == http::StreamApi::openai_responses || api == http::StreamApi::anthropic_messages;
  auto const type = name.empty() && typed ? string_inside(member(data, "type")).value_or("") : name;
  if (typed && type == "error") return EventKind::error;
  switch (api) {
    case http::StreamApi::unknown: return EventKind::content;
    case http::StreamApi::openai_done: return chunk_kind(data);
    case http::StreamApi::openai_responses: return responses_kind(type, data);
    case http::StreamApi::anthropic_messages: return messages_kind(type, data);
    case http::StreamApi::gemini_generate: return gemini_kind(data);
    case http::StreamApi::ollama_lines: return line_kind(data);
  }
  return EventKind::content;
}

bool is_done(std::string_view data) { return data.starts_with("[DONE]"); }

bool is_whole_object(std::string_view data) {
  JsonWalk walk(data);
  if (!walk.is_object()) return false;
  while (walk.next()) continue;
  return walk.whole();
}

}  // namespace

EventKind classify(http::StreamApi api, Event const& event) {
  if (!event.has_data) return EventKind::lifecycle;
  if (event.name == "error" || tells_error(member(event.data, "error"))) return EventKind::error;
  if (api != http::StreamApi::unknown && is_done(event.data)) return EventKind::terminal;
  // What is cut or no JSON at all is on no list.
  if (!is_whole_object(event.data)) return EventKind::content;
  return kind_of(api, event.name, event.data);
}

bool is_well_formed(http::StreamApi api, Event const& event) {
  if (!event.has_data || api == http::StreamApi::unknown || is_done(event.data)) return true;
  return is_whole_object(event.data);
}

}  // namespace inferway::dialect
