// The request that has a broken chat completion continued.

#include "inferway/dialect/resume.hpp"
#include "json_edits.hpp"
#include "json_walk.hpp"
#include "white_end.hpp"

#include <algorithm>
#include <array>

namespace inferway::dialect {

namespace {

struct Member {
  std::string_view key;
  std::string_view obstacle;
};

/// Members that must be absent, null, or false.
constexpr auto kObstacles = std::to_array<Member>({
    {"logprobs", "it asks for logprobs"},
    {"prompt_logprobs", "it asks for logprobs"},
    {"audio", "it asks for audio"},
    {"echo", "it asks for an echo of the prompt"},
    {"return_token_ids", "it asks for token ids"},
    {"use_beam_search", "it asks for a beam search"},
    {"guided_json", "its answer follows a grammar"},
    {"guided_regex", "its answer follows a grammar"},
    {"guided_choice", "its answer follows a grammar"},
    {"guided_grammar", "its answer follows a grammar"},
    {"structured_outputs", "its answer follows a grammar"},
    {"structural_tag", "its answer follows a grammar"},
    {"json_schema", "its answer follows a grammar"},
    {"grammar", "its answer follows a grammar"},
    {"regex", "its answer follows a grammar"},
    {"ebnf", "its answer follows a grammar"},
});

bool is_off(std::string_view value) { return is_null(value) || value == "false"; }

bool is_one_of(std::string_view value, std::initializer_list<std::string_view> allowed) {
  return std::ranges::find(allowed, value) != allowed.end();
}

/// Why this member of a call stands in the way, or "".
std::string_view obstacle_of(std::string_view key, std::string_view value) {
  if (key.contains('\\')) return "a key of it is written with escapes";
  if (is_off(value)) return {};
  auto const* const known = std::ranges::find(kObstacles, key, &Member::key);
  if (known != kObstacles.end()) return known->obstacle;
  if (key == "n" && value != "1") return "it asks for more than one choice";
  if (key == "response_format" && member(value, "type") != "\"text\"") return "its answer follows a grammar";
  if (key == "tool_choice" && !is_one_of(value, {"\"auto\"", "\"none\""})) return "it forces a tool call";
  if (key == "function_call" && !is_one_of(value, {"\"auto\"", "\"none\""})) return "it forces a tool call";
  return {};
}

/// What a continuation depends on, of a body's members.
struct Call {
  std::string_view messages;
  std::string_view stream;
  std::string_view stream_options;
  std::string_view max_tokens;
  std::string_view max_completion_tokens;
  std::string_view min_tokens;
  std::string_view continue_final_message;
  std::string_view add_generation_prompt;
  std::string_view end;  ///< from the closing bracket on
};

constexpr auto kMembers = std::to_array<std::pair<std::string_view, std::string_view Call::*>>({
    {"messages", &Call::messages},
    {"stream", &Call::stream},
    {"stream_options", &Call::stream_options},
    {"max_tokens", &Call::max_tokens},
    {"max_completion_tokens", &Call::max_completion_tokens},
    {"min_tokens", &Call::min_tokens},
    {"continue_final_message", &Call::continue_final_message},
    {"add_generation_prompt", &Call::add_generation_prompt},
});

/// Nothing when the body is no object, or a member stands in it twice: servers differ in which of them counts.
std::optional<Call> read_call(std::string_view body) {
  JsonWalk walk(body);
  Call call;
  while (auto const item = walk.next()) {
    auto const* const known = std::ranges::find(kMembers, item->key, &decltype(kMembers)::value_type::first);
    if (known == kMembers.end()) continue;
    auto& value = call.*(known->second);
    if (!value.empty()) return std::nullopt;
    value = item->value;
  }
  if (!walk.is_object() || !walk.whole()) return std::nullopt;
  call.end = walk.rest();
  return call;
}

std::string_view last_element(std::string_view array) {
  JsonWalk walk(array);
  std::string_view last;
  while (auto const item = walk.next()) last = item->value;
  return walk.is_array() && walk.whole() ? last : std::string_view();
}

/// The string of an assistant's message that a partial text can be appended to: its content, or the text of its
/// content's last part. "" when there is none.
std::string_view open_text(std::string_view message) {
  auto const content = member(message, "content");
  if (string_inside(content)) return content;
  auto const part = last_element(content);
  auto const text = member(part, "type") == "\"text\"" ? member(part, "text") : std::string_view();
  return string_inside(text) ? text : std::string_view();
}

std::unexpected<Error> refuse(std::string_view why) {
  return client_error(ErrorCode::bad_request, "the call cannot be resumed: " + std::string(why));
}

/// Puts the partial text behind the messages. Errors: bad_request.
Result<void> add_text(JsonEdits& edits, Call const& call, std::string_view text, config::Resume mode) {
  auto const last = last_element(call.messages);
  if (last.empty()) return refuse("it has no messages");
  bool const continues = mode == config::Resume::assistant_prefill || call.continue_final_message == "true";
  if (!continues || member(last, "role") != "\"assistant\"") {
    edits.insert_behind(last, R"(,{"role":"assistant","content":")" + std::string(text) + "\"}");
    return {};
  }
  auto const open = open_text(last);
  if (open.empty()) return refuse("its last message is partial, but no text");
  edits.replace(open, std::string(open.substr(0, open.size() - 1)) + std::string(text) + '"');
  return {};
}

void lower(JsonEdits& edits, std::string_view limit, std::uint64_t by) {
  if (auto const tokens = number_in(limit)) edits.replace(limit, std::to_string(*tokens - std::min(*tokens, by)));
}

void set(JsonEdits& edits, Call const& call, std::string_view value, std::string_view key, std::string_view to) {
  if (!value.empty()) return edits.replace(value, std::string(to));
  edits.insert_before(call.end, ",\"" + std::string(key) + "\":" + std::string(to));
}

void lower_limits(JsonEdits& edits, Call const& call, std::uint64_t by) {
  for (auto const limit : {call.max_completion_tokens, call.max_tokens, call.min_tokens}) lower(edits, limit, by);
}

/// No server takes 0, and the one token is thrown away.
void limit_to_one(JsonEdits& edits, Call const& call) {
  if (!call.max_completion_tokens.empty()) edits.replace(call.max_completion_tokens, "1");
  if (!call.max_tokens.empty() || call.max_completion_tokens.empty()) {
    set(edits, call, call.max_tokens, "max_tokens", "1");
  }
  if (!call.min_tokens.empty()) edits.replace(call.min_tokens, "0");
}

/// Of an event, up to its choices.
std::string event_front(Transcript::Identity const& identity) {
  std::string front = "data: {";
  auto const add = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) front.append("\"").append(key).append("\":").append(value).append(",");
  };
  add("id", identity.id);
  front += R"("object":"chat.completion.chunk",)";
  add("created", identity.created);
  add("model", identity.model);
  add("system_fingerprint", identity.system_fingerprint);
  return front;
}

bool wants_usage(std::string_view original_body) {
  auto const call = read_call(original_body);
  return call && member(call->stream_options, "include_usage") == "true";
}

}  // namespace

std::string_view resume_obstacle(std::string_view body) {
  auto const call = read_call(body);
  if (!call) return "its body is no JSON object, or has a member twice";
  if (call->stream != "true") return "it does not stream";
  if (last_element(call->messages).empty()) return "it has no messages";
  JsonWalk walk(body);
  while (auto const item = walk.next()) {
    auto const obstacle = obstacle_of(item->key, item->value);
    if (!obstacle.empty()) return obstacle;
  }
  return {};
}

bool is_exhausted(std::string_view original_body, Transcript const& transcript) {
  auto const call = read_call(original_body);
  if (!call) return false;
  auto const used_up = [&](std::string_view limit) {
    auto const tokens = number_in(limit);
    return tokens && transcript.tokens() >= *tokens;
  };
  return used_up(call->max_completion_tokens) || used_up(call->max_tokens);
}

Result<std::string> continuation_body(std::string_view original_body, Transcript const& transcript,
                                      config::Resume mode) {
  if (mode == config::Resume::off) return refuse("its backend does not resume");
  auto const call = read_call(original_body);
  if (!call) return refuse("its body is no JSON object, or has a member twice");
  auto const text = without_white_end(transcript.text());
  bool const for_usage = transcript.finished();
  if (text.empty() && !for_usage) return std::string(original_body);
  JsonEdits edits(original_body);
  if (for_usage) limit_to_one(edits, *call);
  if (text.empty()) return std::move(edits).apply();
  if (auto const added = add_text(edits, *call, text, mode); !added) return std::unexpected(added.error());
  if (!for_usage) lower_limits(edits, *call, transcript.kept_tokens());
  if (mode == config::Resume::continue_final_message) {
    set(edits, *call, call->continue_final_message, "continue_final_message", "true");
    set(edits, *call, call->add_generation_prompt, "add_generation_prompt", "false");
  }
  return std::move(edits).apply();
}

std::string length_event(std::string_view original_body, Transcript const& transcript) {
  auto const event =
      event_front(transcript.identity()) + R"("choices":[{"index":0,"delta":{},"finish_reason":"length"}])";
  return event + (wants_usage(original_body) ? ",\"usage\":null}\n\n" : "}\n\n");
}

bool lacks_usage(std::string_view original_body, Transcript const& transcript) {
  return !transcript.usage_sent() && wants_usage(original_body);
}

std::string last_events(std::string_view original_body, Transcript const& transcript) {
  std::string out;
  if (lacks_usage(original_body, transcript) && transcript.prompt_tokens()) {
    auto const prompt = *transcript.prompt_tokens();
    auto const completion = transcript.tokens();
    out = event_front(transcript.identity()) + R"("choices":[],"usage":{"prompt_tokens":)" + std::to_string(prompt) +
          R"(,"completion_tokens":)" + std::to_string(completion) + R"(,"total_tokens":)" +
          std::to_string(prompt + completion) + "}}\n\n";
  }
  return out + "data: [DONE]\n\n";
}

}  // namespace inferway::dialect
