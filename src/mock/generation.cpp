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

}  // namespace

std::string text_in(Json const& value) {
  std::string text;
  append_text(text, value, 0);
  return text;
}

Generation generate(Request const& request, Json const& call, Behaviour const& behaviour,
                    std::initializer_list<std::string_view> prompt_keys,
                    std::initializer_list<std::string_view> limit_keys) {
  std::string prompt;
  for (auto const key : prompt_keys) {
    if (call.contains(key)) prompt += text_in(call.at(key)) + "\n";
  }
  auto tokens = behaviour.tokens;
  for (auto const key : limit_keys) {
    if (!call.contains(key) || !call.at(key).is_number_unsigned()) continue;
    tokens = std::min(tokens, call.at(key).get<std::uint64_t>());
    break;
  }
  auto const model = call.at("model").get<std::string>();
  auto const state = mix(mix(behaviour.seed, model), prompt);
  return {.id = hex(state),
          .created = request.now,
          .model = model,
          .text = MadeUpText(state),
          .tokens = tokens,
          .limited = tokens < behaviour.tokens,
          .prompt_tokens = count_words(prompt),
          .stream = is_true(call, "stream")};
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
