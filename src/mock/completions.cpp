// Chat completions, and the older text completions, which differ from them in little but names.

#include "api.hpp"
#include "generation.hpp"

#include <memory>

namespace inferway::mock {

namespace {

/// What the two endpoints do not share.
struct Form {
  std::string_view id_prefix;
  std::string_view object;
  std::string_view chunk_object;
  Json (*choice)(std::string_view text, std::string_view finish_reason);  ///< of a whole answer
  Json (*delta)(std::string_view text);                                   ///< of one token
  Json (*last)(std::string_view finish_reason);                           ///< of the end
};

constexpr Form kChat{
    .id_prefix = "chatcmpl-",
    .object = "chat.completion",
    .chunk_object = "chat.completion.chunk",
    .choice =
        [](std::string_view text, std::string_view finish_reason) {
          return Json{{"index", 0},
                      {"message", {{"role", "assistant"}, {"content", text}, {"refusal", nullptr}}},
                      {"logprobs", nullptr},
                      {"finish_reason", finish_reason}};
        },
    .delta =
        [](std::string_view text) {
          return Json{{"index", 0}, {"delta", {{"content", text}}}, {"logprobs", nullptr}, {"finish_reason", nullptr}};
        },
    .last =
        [](std::string_view finish_reason) {
          return Json{{"index", 0}, {"delta", Json::object()}, {"logprobs", nullptr}, {"finish_reason", finish_reason}};
        }};

constexpr Form kText{
    .id_prefix = "cmpl-",
    .object = "text_completion",
    .chunk_object = "text_completion",
    .choice =
        [](std::string_view text, std::string_view finish_reason) {
          return Json{{"text", text}, {"index", 0}, {"logprobs", nullptr}, {"finish_reason", finish_reason}};
        },
    .delta =
        [](std::string_view text) {
          return Json{{"text", text}, {"index", 0}, {"logprobs", nullptr}, {"finish_reason", nullptr}};
        },
    .last =
        [](std::string_view finish_reason) {
          return Json{{"text", ""}, {"index", 0}, {"logprobs", nullptr}, {"finish_reason", finish_reason}};
        }};

Reply whole_answer(Generation const& generation, Form const& form) {
  Json const body{{"id", std::string(form.id_prefix) + generation.id},
                  {"object", form.object},
                  {"created", generation.created},
                  {"model", generation.model},
                  {"system_fingerprint", nullptr},
                  {"choices", Json::array({form.choice(generation.whole_text(), generation.finish_reason())})},
                  {"usage", usage_of(generation)}};
  return {.body = dump(body), .generated = true, .tokens = generation.tokens};
}

/// Writes the chunks of one stream.
class ChunkWriter {
 public:
  ChunkWriter(Generation generation, Form const& form, bool with_usage)
      : generation_(std::move(generation)), form_(form), with_usage_(with_usage) {}

  [[nodiscard]] std::string role() const {
    return chunk(Json::array({Json{{"index", 0},
                                   {"delta", {{"role", "assistant"}, {"content", ""}, {"refusal", nullptr}}},
                                   {"logprobs", nullptr},
                                   {"finish_reason", nullptr}}}));
  }
  [[nodiscard]] std::string token(std::uint64_t index) const {
    return chunk(Json::array({form_.delta(generation_.token(index))}));
  }
  [[nodiscard]] std::vector<std::string> closing() const {
    std::vector<std::string> events{chunk(Json::array({form_.last(generation_.finish_reason())}))};
    if (with_usage_) events.push_back(chunk(Json::array(), usage_of(generation_)));
    events.push_back(data_event("[DONE]"));
    return events;
  }

 private:
  /// Every chunk has a usage of null when the last one is to bear it.
  [[nodiscard]] std::string chunk(Json choices, Json usage = nullptr) const {
    Json body{{"id", std::string(form_.id_prefix) + generation_.id},
              {"object", form_.chunk_object},
              {"created", generation_.created},
              {"model", generation_.model},
              {"system_fingerprint", nullptr},
              {"choices", std::move(choices)}};
    if (with_usage_) body["usage"] = std::move(usage);
    return data_event(dump(body));
  }

  Generation generation_;
  Form const& form_;
  bool with_usage_;
};

EventStream stream_answer(Generation const& generation, Form const& form, bool with_usage) {
  auto const writer = std::make_shared<ChunkWriter const>(generation, form, with_usage);  // both functions use it
  EventStream stream;
  stream.tokens = generation.tokens;
  stream.token = [writer](std::uint64_t index) { return writer->token(index); };
  stream.closing = [writer] { return writer->closing(); };
  stream.failure = [](Behaviour const& behaviour) {
    return data_event(error_reply(200, behaviour.error_message, "server_error", behaviour.error_code).body);
  };
  if (&form == &kChat) stream.opening.push_back(writer->role());
  return stream;
}

/// The conversation, and the beginning of its answer where the last message is an assistant's.
Question question_of(Json const& messages) {
  auto const& last = messages.back();
  bool const begun = last.is_object() && last.contains("role") && last.at("role") == "assistant";
  if (!begun) return {.prompt = text_in(messages) + "\n", .begun = std::nullopt};
  auto before = messages;
  before.erase(before.size() - 1);
  return {.prompt = text_in(before) + "\n", .begun = text_in(last)};
}

}  // namespace

Answer chat_completion(Request const& request, Json const& call, Behaviour const& behaviour) {
  auto const messages = call.find("messages");
  if (messages == call.end() || !messages->is_array() || messages->empty()) {
    return error_reply(400, "'messages' has to be a list with at least one message.", "invalid_request_error",
                       "missing_required_parameter");
  }
  auto const question = question_of(*messages);
  if (is_true(call, "continue_final_message")) {
    // As vLLM has it.
    auto const prompt = call.find("add_generation_prompt");
    if (prompt == call.end() || *prompt != false) {
      return error_reply(400, "Cannot set both `continue_final_message` and `add_generation_prompt` to True.",
                         "invalid_request_error", "");
    }
    if (!question.begun) {
      return error_reply(400, "There is no final message of the assistant to continue.", "invalid_request_error", "");
    }
  }
  auto const generation = generate(request, call, behaviour, question, {"max_completion_tokens", "max_tokens"});
  if (generation.stream) return stream_answer(generation, kChat, wants_usage(call));
  return whole_answer(generation, kChat);
}

Answer text_completion(Request const& request, Json const& call, Behaviour const& behaviour) {
  auto const generation = generate(request, call, behaviour, {"prompt"}, {"max_tokens"});
  if (generation.stream) return stream_answer(generation, kText, wants_usage(call));
  return whole_answer(generation, kText);
}

}  // namespace inferway::mock
