// The Responses API: one message of text as the output, whole or as a stream of typed events.

#include "api.hpp"
#include "generation.hpp"

#include <memory>

namespace inferway::mock {

namespace {

/// Writes one response and its events, which bear rising sequence numbers.
class ResponseWriter {
 public:
  explicit ResponseWriter(Generation generation) : generation_(std::move(generation)) {}

  [[nodiscard]] Json whole() const { return body(end_status(), Json::array({message("completed")})); }

  std::vector<std::string> opening() {
    auto const begun = body("in_progress", Json::array());
    return {event("response.created", {{"response", begun}}), event("response.in_progress", {{"response", begun}}),
            event("response.output_item.added", {{"output_index", 0}, {"item", message("in_progress")}}),
            event("response.content_part.added", with_place({{"part", part("")}}))};
  }
  std::string token(std::uint64_t index) {
    return event("response.output_text.delta",
                 with_place({{"delta", generation_.token(index)}, {"logprobs", Json::array()}}));
  }
  std::string failure(Behaviour const& behaviour) {
    return event("error", {{"code", behaviour.error_code}, {"message", behaviour.error_message}, {"param", nullptr}});
  }
  std::vector<std::string> closing() {
    auto const text = generation_.whole_text();
    return {event("response.output_text.done", with_place({{"text", text}, {"logprobs", Json::array()}})),
            event("response.content_part.done", with_place({{"part", part(text)}})),
            event("response.output_item.done", {{"output_index", 0}, {"item", message("completed")}}),
            event("response." + end_status(), {{"response", whole()}})};
  }

 private:
  [[nodiscard]] std::string end_status() const { return generation_.limited ? "incomplete" : "completed"; }
  [[nodiscard]] std::string item_id() const { return "msg_" + generation_.id; }

  [[nodiscard]] static Json part(std::string_view text) {
    return {{"type", "output_text"}, {"text", text}, {"annotations", Json::array()}, {"logprobs", Json::array()}};
  }

  [[nodiscard]] Json message(std::string_view status) const {
    Json content = Json::array();
    if (status == "completed") content.push_back(part(generation_.whole_text()));
    return {{"type", "message"}, {"id", item_id()}, {"role", "assistant"}, {"status", status}, {"content", content}};
  }

  [[nodiscard]] Json body(std::string_view status, Json const& output) const {
    bool const ended = status != "in_progress";
    Json usage = nullptr;
    if (ended) {
      usage = {{"input_tokens", generation_.prompt_tokens},
               {"input_tokens_details", {{"cached_tokens", 0}}},
               {"output_tokens", generation_.tokens},
               {"output_tokens_details", {{"reasoning_tokens", 0}}},
               {"total_tokens", generation_.prompt_tokens + generation_.tokens}};
    }
    Json incomplete = nullptr;
    if (status == "incomplete") incomplete = {{"reason", "max_output_tokens"}};
    return {{"id", "resp_" + generation_.id},
            {"object", "response"},
            {"created_at", generation_.created},
            {"status", status},
            {"error", nullptr},
            {"incomplete_details", incomplete},
            {"instructions", nullptr},
            {"metadata", Json::object()},
            {"model", generation_.model},
            {"output", output},
            {"parallel_tool_calls", true},
            {"temperature", 1.0},
            {"tool_choice", "auto"},
            {"tools", Json::array()},
            {"top_p", 1.0},
            {"usage", usage}};
  }

  /// Where in the output a piece of text belongs.
  [[nodiscard]] Json with_place(Json more) const {
    Json place{{"item_id", item_id()}, {"output_index", 0}, {"content_index", 0}};
    place.update(more);
    return place;
  }

  std::string event(std::string const& type, Json const& more) {
    Json data{{"type", type}, {"sequence_number", sequence_number_++}};
    data.update(more);
    return "event: " + type + "\n" + data_event(dump(data));
  }

  Generation generation_;
  std::uint64_t sequence_number_ = 0;
};

}  // namespace

Answer response(Request const& request, Json const& call, Behaviour const& behaviour) {
  auto const generation = generate(request, call, behaviour, {"instructions", "input"}, {"max_output_tokens"});
  auto const writer = std::make_shared<ResponseWriter>(generation);  // all functions of the stream count on it
  if (!generation.stream) {
    return Reply{.body = dump(writer->whole()), .generated = true, .tokens = generation.tokens};
  }
  EventStream stream;
  stream.opening = writer->opening();
  stream.tokens = generation.tokens;
  stream.token = [writer](std::uint64_t index) { return writer->token(index); };
  stream.failure = [writer](Behaviour const& how) { return writer->failure(how); };
  stream.closing = [writer] { return writer->closing(); };
  return stream;
}

}  // namespace inferway::mock
