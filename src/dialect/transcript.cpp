// What a client has got of a chat completion's stream.

#include "inferway/dialect/resume.hpp"
#include "json_walk.hpp"
#include "white_end.hpp"

#include <algorithm>

namespace inferway::dialect {

namespace {

/// Of a stated id, created, model or fingerprint: what is longer is nobody's.
constexpr std::size_t kMaxIdentityBytes = 1024;

void keep_once(std::string& kept, std::string_view value) {
  if (kept.empty() && value.size() <= kMaxIdentityBytes) kept = value;
}

}  // namespace

void Transcript::add(Event const& event) {
  if (!event.has_data || !obstacle_.empty()) return;
  if (event.data.starts_with("[DONE]")) {
    finished_ = true;
    return;
  }
  JsonWalk walk(event.data);
  std::string_view choices;
  bool usage = false;
  while (auto const item = walk.next()) {
    auto const& [key, value] = *item;
    if (key == "id") keep_once(identity_.id, value);
    if (key == "created") keep_once(identity_.created, value);
    if (key == "model") keep_once(identity_.model, value);
    if (key == "system_fingerprint") keep_once(identity_.system_fingerprint, value);
    if (key == "choices") choices = value;
    if (key != "usage" || is_null(value)) continue;
    usage = true;
    add_usage(value);
  }
  if (!walk.whole()) {
    return give_up("an event was no JSON object");
  }
  JsonWalk each(choices);
  for (bool first = true; auto const choice = each.next(); first = false) {
    if (!first) give_up("it has more than one choice");
    add_choice(choice->value);
  }
  // In other events it is what was used so far.
  if (usage && finished_ && is_blank(choices)) usage_sent_ = true;
}

void Transcript::add_choice(std::string_view choice) {
  JsonWalk walk(choice);
  while (auto const item = walk.next()) {
    auto const& [key, value] = *item;
    if (key == "index" && value != "0") give_up("it has more than one choice");
    if (key == "logprobs" && !is_null(value)) give_up("it has logprobs");
    if (key == "finish_reason" && !is_blank(value)) finished_ = true;
    if (key == "delta") add_delta(value);
    bool const other_content = (key == "message" || key == "text" || key == "token_ids") && !is_blank(value);
    if (other_content) give_up("it has something else than text");
  }
}

void Transcript::add_delta(std::string_view delta) {
  JsonWalk walk(delta);
  bool text = false;
  bool reasoning = false;
  while (auto const item = walk.next()) {
    auto const& [key, value] = *item;
    if (key == "role" && !is_null(value)) {
      role_sent_ = true;
      continue;
    }
    if (is_blank(value)) continue;
    auto const inside = string_inside(value);
    if (key == "content" && inside) {
      keep_text(*inside);
      text = true;
    } else if (key == "reasoning_content" || key == "reasoning") {
      reasoning = true;
    } else {
      obstacle_ =
          key == "tool_calls" || key == "function_call" ? "a tool call was begun" : "it has something else than text";
    }
  }
  if (text) {
    ++text_events_;
  } else if (reasoning) {
    ++reasoning_events_;
  }
}

void Transcript::add_usage(std::string_view usage) {
  if (auto const tokens = number_in(member(usage, "completion_tokens"))) stated_tokens_ = tokens;
  if (auto const tokens = number_in(member(usage, "prompt_tokens"))) prompt_tokens_ = tokens;
}

void Transcript::give_up(std::string_view obstacle) {
  obstacle_ = obstacle;
  std::string().swap(text_);  // with its memory
}

void Transcript::keep_text(std::string_view raw) {
  if (!obstacle_.empty()) return;
  if (text_.size() + raw.size() > limit_bytes_) return give_up("its text is longer than what is kept for resuming");
  text_.append(raw);
  white_events_ = without_white_end(raw).empty() ? white_events_ + 1 : 0;
}

/// What stands in the way now, and need not for ever.
std::string_view Transcript::open_obstacle() const {
  if (finished_) return "it has its finish reason";
  if (reasoning_events_ > 0 && text_.empty()) return "its reasoning has no text behind it";
  if (ends_in_half_a_character()) return "its text ends within a character";
  return {};
}

/// In the first half of an escaped character outside the basic plane, which is no text by itself.
bool Transcript::ends_in_half_a_character() const {
  if (text_.size() < 6) return false;
  auto const last = std::string_view(text_).substr(text_.size() - 6);
  bool const surrogate = last.starts_with("\\ud") || last.starts_with("\\uD");
  return surrogate && std::string_view("89abAB").contains(last[3]);
}

std::uint64_t Transcript::tokens() const { return stated_tokens_.value_or(text_events_ + reasoning_events_); }

std::size_t Transcript::bytes() const {
  return sizeof(*this) + text_.capacity() + identity_.id.capacity() + identity_.created.capacity() +
         identity_.model.capacity() + identity_.system_fingerprint.capacity();
}

}  // namespace inferway::dialect
