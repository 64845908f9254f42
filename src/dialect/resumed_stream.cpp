// A continuation's events, made the rest of the stream that broke.

#include "inferway/dialect/resume.hpp"
#include "json_edits.hpp"
#include "json_walk.hpp"
#include "white_end.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace inferway::dialect {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// The bytes of a member with the comma that parts it from its neighbour.
std::string_view with_comma(std::string_view object, JsonWalk::Item const& item) {
  auto begin = static_cast<std::size_t>(item.key.data() - object.data()) - 1;
  auto end = static_cast<std::size_t>(item.value.data() - object.data()) + item.value.size();
  auto const comma = object.find_first_not_of(" \t\r\n", end);
  if (comma != std::string_view::npos && object[comma] == ',') {
    end = comma + 1;
  } else if (auto const before = object.find_last_not_of(" \t\r\n", begin - 1); object[before] == ',') {
    begin = before;
  }
  return object.substr(begin, end - begin);
}

bool is_within(std::string_view part, std::string_view whole) {
  return std::less_equal<>()(whole.data(), part.data()) &&
         std::less_equal<>()(part.data() + part.size(), whole.data() + whole.size());
}

}  // namespace

ResumedStream::ResumedStream(Transcript& transcript)
    : transcript_(transcript),
      white_(white_end(transcript.text())),
      tokens_before_(transcript.kept_tokens()),
      text_tokens_before_(transcript.kept_text_tokens()),
      prompt_tokens_(transcript.prompt_tokens()),
      finished_before_(transcript.finished()),
      text_before_(!without_white_end(transcript.text()).empty()) {}

std::string_view ResumedStream::rewrite(Event const& event) {
  unfit_ = false;
  auto raw = event.raw;
  if (std::exchange(first_, false) && raw.starts_with(kByteOrderMark)) raw.remove_prefix(kByteOrderMark.size());
  if (done_) return {};
  if (!event.has_data) return raw;
  if (event.data.starts_with("[DONE]")) {
    done_ = true;
    transcript_.add(event);
    return raw;
  }
  // The client has its role, and what else a stream begins with.
  bool const known = transcript_.role_sent();
  if (known && classify(http::StreamApi::openai_done, event) == EventKind::lifecycle) return {};
  if (finished_before_ && !is_wanted(event)) return {};
  JsonEdits edits(event.data);
  JsonWalk walk(event.data);
  while (auto const item = walk.next()) {
    edit_identity(edits, item->key, item->value);
    if (item->key == "choices") edit_choices(edits, item->value);
    if (item->key == "usage" && !is_null(item->value)) edit_usage(edits, item->value);
  }
  if (!walk.whole()) unfit_ = true;
  if (unfit_) return {};
  if (edits.empty()) {
    transcript_.add(event);
    return raw;
  }
  bool const in_place = is_within(event.data, raw);
  auto data = std::move(edits).apply();
  // Lines of data are joined by LF, which only stands between values: as a space it says the same.
  if (!in_place) std::ranges::replace(data, '\n', ' ');
  transcript_.add({.name = {}, .data = data, .raw = {}, .has_data = true});
  if (in_place) {
    auto const front = static_cast<std::size_t>(event.data.data() - raw.data());
    raw_ = raw.substr(0, front);
    raw_.append(data).append(raw.substr(front + event.data.size()));
  } else {
    raw_ = "data: " + data + "\n\n";
  }
  return raw_;
}

void ResumedStream::edit_identity(JsonEdits& edits, std::string_view key, std::string_view value) const {
  auto const& identity = transcript_.identity();
  auto const make = [&](std::string_view name, std::string const& first) {
    if (key == name && !first.empty() && value != first) edits.replace(value, first);
  };
  make("id", identity.id);
  make("created", identity.created);
  make("model", identity.model);
  make("system_fingerprint", identity.system_fingerprint);
}

void ResumedStream::edit_choices(JsonEdits& edits, std::string_view choices) {
  JsonWalk each(choices);
  for (bool first = true; auto const choice = each.next(); first = false) {
    if (!first) unfit_ = true;
    JsonWalk walk(choice->value);
    while (auto const item = walk.next()) {
      if (item->key == "index" && item->value != "0") unfit_ = true;
      if (item->key == "delta") edit_delta(edits, item->value);
    }
  }
}

void ResumedStream::edit_delta(JsonEdits& edits, std::string_view delta) {
  JsonWalk walk(delta);
  while (auto const item = walk.next()) {
    auto const& [key, value] = *item;
    if (key == "role" && transcript_.role_sent()) edits.replace(with_comma(delta, *item), "");
    if (is_blank(value)) continue;
    bool const reasons = key == "reasoning_content" || key == "reasoning";
    // It did not take the partial message for the beginning of its answer.
    if (reasons && text_before_ && !continued_) unfit_ = true;
    auto const inside = key == "content" ? string_inside(value) : std::nullopt;
    if (!inside) continue;
    continued_ = true;
    if (auto const again = repeated_white(*inside, white_); again > 0) edits.replace(inside->substr(0, again), "");
  }
}

/// Of a try that was made for the usage alone.
bool ResumedStream::is_wanted(Event const& event) const {
  return !transcript_.usage_sent() && !is_null(member(event.data, "usage")) && is_blank(member(event.data, "choices"));
}

/// The continuation's prompt is the first one with the text behind it, and its answer the rest.
void ResumedStream::edit_usage(JsonEdits& edits, std::string_view usage) const {
  auto const prompt = number_in(member(usage, "prompt_tokens"));
  auto const completion = number_in(member(usage, "completion_tokens"));
  if (!prompt || !completion) return;
  auto const first_prompt = prompt_tokens_.value_or(*prompt - std::min(*prompt, text_tokens_before_));
  auto const both = finished_before_ ? transcript_.tokens() : tokens_before_ + *completion;
  auto const put = [&](std::string_view value, std::uint64_t number) {
    auto text = std::to_string(number);
    if (!value.empty() && value != text) edits.replace(value, std::move(text));
  };
  put(member(usage, "prompt_tokens"), first_prompt);
  put(member(usage, "completion_tokens"), both);
  put(member(usage, "total_tokens"), first_prompt + both);
  auto const cached = member(member(usage, "prompt_tokens_details"), "cached_tokens");
  if (auto const number = number_in(cached)) put(cached, std::min(*number, first_prompt));
}

}  // namespace inferway::dialect
