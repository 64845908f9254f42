#include "generation.hpp"

#include <algorithm>
#include <array>

namespace inferway::mock {

namespace {

constexpr int kMaxDepth = 32;
constexpr std::array<std::string_view, 4> kTextKeys{"content", "text", "arguments", "output"};

void append_text(std::string& out, Json const& value, int depth) {
  if (depth > kMaxDepth) return;
  if (value.is_string()) {
    if (!out.empty()) out += ' ';
    out += value.get_ref<std::string const&>();
  } else if (value.is_array()) {
    for (auto const& element : value) append_text(out, element, depth + 1);
  } else if (value.is_object()) {
    for (auto const key : kTextKeys) {
      auto const member = value.find(key);
      if (member != value.end()) append_text(out, *member, depth + 1);
    }
  } else if (value.is_number()) {  // a prompt of token ids
    out += ' ' + value.dump();
  }
}

/// Has a text go on behind its beginning, which counts as prompt.
void go_on(Generation& generation, std::uint64_t state, std::string_view begun) {
  generation.id = hex(mix(state, begun));
  generation.prompt_tokens += count_words(begun);
  auto rest = begun;
  std::uint64_t first = 0;
  for (; first < generation.tokens; ++first) {
    auto const token = generation.text.token(first);
    if (rest.size() < token.size()) {
      generation.skipped_bytes = token.starts_with(rest) ? rest.size() : 0;
      if (token.starts_with(rest)) rest = {};
      break;
    }
    if (!rest.starts_with(token)) break;
    rest.remove_prefix(token.size());
  }
  generation.tokens -= first;
  generation.first_token = first;
  if (rest.empty()) return;
  // It would have written something else, so what follows is made up anew, and begins with a space.
  generation.text = MadeUpText(mix(state, begun));
  generation.first_token = std::max<std::uint64_t>(first, 1);
}

}  // namespace

std::string text_in(Json const& value) {
  std::string text;
  append_text(text, value, 0);
  return text;
}

std::string Generation::whole_text() const {
  std::string whole;
  for (std::uint64_t i = 0; i < tokens; ++i) whole += token(i);
  return whole;
}

Generation generate(Request const& request, Json const& call, Behaviour const& behaviour, Question const& question,
                    std::initializer_list<std::string_view> limit_keys) {
  auto const model = call.at("model").get<std::string>();
  auto const state = mix(mix(behaviour.seed, model), question.prompt);
  Generation generation{.id = hex(state),
                        .created = request.now,
                        .model = model,
                        .text = MadeUpText(state),
                        .tokens = behaviour.tokens,
                        .limited = false,
                        .prompt_tokens = count_words(question.prompt),
                        .stream = is_true(call, "stream")};
  if (question.begun) go_on(generation, state, *question.begun);
  for (auto const key : limit_keys) {
    if (!call.contains(key) || !call.at(key).is_number_unsigned()) continue;
    auto const limit = call.at(key).get<std::uint64_t>();
    generation.limited = limit < generation.tokens;
    generation.tokens = std::min(generation.tokens, limit);
    break;
  }
  return generation;
}

Generation generate(Request const& request, Json const& call, Behaviour const& behaviour,
                    std::initializer_list<std::string_view> prompt_keys,
                    std::initializer_list<std::string_view> limit_keys) {
  Question question;
  for (auto const key : prompt_keys) {
    if (call.contains(key)) question.prompt += text_in(call.at(key)) + "\n";
  }
  return generate(request, call, behaviour, question, limit_keys);
}

Json usage_of(Generation const& generation) {
  return {{"prompt_tokens", generation.prompt_tokens},
          {"completion_tokens", generation.tokens},
          {"total_tokens", generation.prompt_tokens + generation.tokens}};
}

bool wants_usage(Json const& call) {
  auto const options = call.find("stream_options");
  return options != call.end() && options->is_object() && is_true(*options, "include_usage");
}

bool is_true(Json const& object, std::string_view key) {
  auto const member = object.find(key);
  return member != object.end() && member->is_boolean() && member->get<bool>();
}

}  // namespace inferway::mock
