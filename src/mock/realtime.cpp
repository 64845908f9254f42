#include "realtime.hpp"

#include "generation.hpp"
#include "inferway/base/text.hpp"

#include <memory>

namespace inferway::mock {

namespace {

std::string type_of(Json const& object) {
  auto const type = object.find("type");
  return type != object.end() && type->is_string() ? type->get<std::string>() : "";
}

/// The events of one response of text, in the order of the real service.
class ResponseEvents {
 public:
  ResponseEvents(Generation generation, std::string response_id, std::string item_id)
      : generation_(std::move(generation)), response_id_(std::move(response_id)), item_id_(std::move(item_id)) {}

  [[nodiscard]] Json item(std::string_view status) const {
    Json content = Json::array();
    if (status == "completed") content.push_back(part(generation_.whole_text()));
    return {{"id", item_id_},   {"object", "realtime.item"}, {"type", "message"},
            {"status", status}, {"role", "assistant"},       {"content", content}};
  }
  [[nodiscard]] static Json part(std::string_view text) { return {{"type", "output_text"}, {"text", text}}; }

  [[nodiscard]] Json response(std::string_view status) const {
    bool const ended = status != "in_progress";
    Json usage = nullptr;
    if (ended) {
      usage = {{"total_tokens", generation_.prompt_tokens + generation_.tokens},
               {"input_tokens", generation_.prompt_tokens},
               {"output_tokens", generation_.tokens},
               {"input_token_details",
                {{"text_tokens", generation_.prompt_tokens}, {"audio_tokens", 0}, {"cached_tokens", 0}}},
               {"output_token_details", {{"text_tokens", generation_.tokens}, {"audio_tokens", 0}}}};
    }
    Json details = nullptr;
    if (status == "incomplete") details = {{"type", "incomplete"}, {"reason", "max_output_tokens"}};
    return {{"object", "realtime.response"},
            {"id", response_id_},
            {"status", status},
            {"status_details", details},
            {"output", ended ? Json::array({item("completed")}) : Json::array()},
            {"output_modalities", Json::array({"text"})},
            {"usage", usage},
            {"metadata", nullptr}};
  }

  /// Where in the response a piece of text belongs.
  [[nodiscard]] Json with_place(Json const& more) const {
    Json place{{"response_id", response_id_}, {"item_id", item_id_}, {"output_index", 0}, {"content_index", 0}};
    place.update(more);
    return place;
  }
  [[nodiscard]] Json with_output(Json const& more) const {
    Json output{{"response_id", response_id_}, {"output_index", 0}};
    output.update(more);
    return output;
  }
  [[nodiscard]] Generation const& generation() const { return generation_; }
  [[nodiscard]] std::string_view end_status() const { return generation_.limited ? "incomplete" : "completed"; }

 private:
  Generation generation_;
  std::string response_id_;
  std::string item_id_;
};

}  // namespace

RealtimeSession::RealtimeSession(std::string_view model, Behaviour const& behaviour, std::int64_t now,
                                 std::uint64_t number)
    : behaviour_(behaviour),
      now_(now),
      number_(number),
      session_({{"type", "realtime"},
                {"object", "realtime.session"},
                {"id", "sess_" + hex(number)},
                {"model", model},
                {"output_modalities", Json::array({"text"})},
                {"instructions", ""},
                {"tools", Json::array()},
                {"tool_choice", "auto"},
                {"max_output_tokens", "inf"}}) {}

std::string RealtimeSession::opening() { return event("session.created", {{"session", session_}}); }

EventStream RealtimeSession::answer(std::string_view message) {
  auto const call = Json::parse(message, nullptr, false);
  if (call.is_discarded() || !call.is_object()) {
    return error(Json::object(), "invalid_json", "The message is no JSON object.", nullptr);
  }
  auto const type = type_of(call);
  if (type == "session.update") return update_session(call);
  if (type == "conversation.item.create") return create_item(call);
  if (type == "input_audio_buffer.append") return append_audio(call);
  if (type == "input_audio_buffer.commit") return commit_audio(call);
  if (type == "input_audio_buffer.clear") {
    audio_bytes_ = 0;
    return one(event("input_audio_buffer.cleared", Json::object()));
  }
  if (type == "response.create") return create_response(call);
  if (type == "response.cancel") {
    return error(call, "response_cancel_not_active", "No response is under way.", nullptr);
  }
  return error(call, "invalid_value", "Invalid value: '" + type + "' is no event the mock knows.", "type");
}

EventStream RealtimeSession::update_session(Json const& call) {
  auto const update = call.find("session");
  if (update == call.end() || !update->is_object()) {
    return error(call, "missing_required_parameter", "session is missing.", "session");
  }
  session_.update(*update);
  return one(event("session.updated", {{"session", session_}}));
}

EventStream RealtimeSession::create_item(Json const& call) {
  auto const item = call.find("item");
  if (item == call.end() || !item->is_object()) {
    return error(call, "missing_required_parameter", "item is missing.", "item");
  }
  EventStream events;
  events.opening = add_item(*item);
  return events;
}

EventStream RealtimeSession::append_audio(Json const& call) {
  auto const audio = call.find("audio");
  if (audio == call.end() || !audio->is_string()) {
    return error(call, "missing_required_parameter", "audio is missing.", "audio");
  }
  audio_bytes_ += audio->get_ref<std::string const&>().size();
  return {};  // as the real service, which confirms only what is committed
}

EventStream RealtimeSession::commit_audio(Json const& call) {
  if (audio_bytes_ == 0) {
    return error(call, "input_audio_buffer_commit_empty", "There is no audio to commit.", nullptr);
  }
  auto const text = std::to_string(std::exchange(audio_bytes_, 0)) + " bytes of audio";
  Json const content = Json::array({Json{{"type", "input_audio"}, {"transcript", text}}});
  auto events = add_item({{"type", "message"}, {"role", "user"}, {"content", content}});
  auto const& item = items_.back();
  EventStream stream;
  stream.opening.push_back(event("input_audio_buffer.committed", {{"item_id", item.at("id")}}));
  stream.opening.insert(stream.opening.end(), events.begin(), events.end());
  return stream;
}

/// Puts an item behind the others.
std::vector<std::string> RealtimeSession::add_item(Json item) {
  if (!item.contains("id") || !item.at("id").is_string()) item["id"] = next_id("item_");
  item["object"] = "realtime.item";
  item["status"] = "completed";
  Json const previous = items_.empty() ? Json(nullptr) : items_.back().at("id");
  items_.push_back(item);
  Json const more{{"previous_item_id", previous}, {"item", item}};
  return {event("conversation.item.added", more), event("conversation.item.done", more)};
}

EventStream RealtimeSession::create_response(Json const& call) {
  auto merged = session_;
  if (auto const asked = call.find("response"); asked != call.end() && asked->is_object()) merged.update(*asked);
  merged["model"] = session_.at("model");
  if (!merged.contains("input")) merged["input"] = items_;
  Request request;
  request.now = now_;
  auto const generation = generate(request, merged, behaviour_, {"instructions", "input"}, {"max_output_tokens"});
  auto const writer = std::make_shared<ResponseEvents const>(generation, next_id("resp_"), next_id("item_"));
  EventStream stream;
  stream.opening = {event("response.created", {{"response", writer->response("in_progress")}}),
                    event("response.output_item.added", writer->with_output({{"item", writer->item("in_progress")}})),
                    event("response.content_part.added", writer->with_place({{"part", ResponseEvents::part("")}}))};
  stream.tokens = generation.tokens;
  stream.token = [this, writer](std::uint64_t index) {
    return event("response.output_text.delta", writer->with_place({{"delta", writer->generation().token(index)}}));
  };
  stream.closing = [this, writer] {
    auto const text = writer->generation().whole_text();
    items_.push_back(writer->item("completed"));
    return std::vector{event("response.output_text.done", writer->with_place({{"text", text}})),
                       event("response.content_part.done", writer->with_place({{"part", ResponseEvents::part(text)}})),
                       event("response.output_item.done", writer->with_output({{"item", writer->item("completed")}})),
                       event("response.done", {{"response", writer->response(writer->end_status())}})};
  };
  return stream;
}

std::string RealtimeSession::event(std::string_view type, Json const& more) {
  Json event{{"type", type}, {"event_id", "event_" + hex(mix(number_, ++events_))}};
  event.update(more);
  return dump(event);
}

EventStream RealtimeSession::one(std::string event) const {
  EventStream stream;
  stream.opening.push_back(std::move(event));
  return stream;
}

/// The session goes on after it.
EventStream RealtimeSession::error(Json const& call, std::string_view code, std::string_view message, Json param) {
  Json const event_id = call.contains("event_id") ? call.at("event_id") : Json(nullptr);
  return one(event("error", {{"error",
                              {{"type", "invalid_request_error"},
                               {"code", code},
                               {"message", message},
                               {"param", std::move(param)},
                               {"event_id", event_id}}}}));
}

std::string RealtimeSession::next_id(std::string_view prefix) {
  return std::string(prefix) + hex(mix(number_ + 1, ++ids_));
}

namespace {

/// The model that a call names in its query, percent-decoded; "" for none.
std::string query_model(std::string_view target) {
  auto const mark = target.find('?');
  auto rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  while (!rest.empty()) {
    auto const parameter = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), parameter.size() + 1));
    if (!parameter.starts_with("model=")) continue;
    std::string model;
    for (std::size_t i = 6; i < parameter.size(); ++i) {
      bool const encoded = parameter[i] == '%' && i + 2 < parameter.size() && hex_digit(parameter[i + 1]) >= 0 &&
                           hex_digit(parameter[i + 2]) >= 0;
      model +=
          encoded ? static_cast<char>(hex_digit(parameter[i + 1]) * 16 + hex_digit(parameter[i + 2])) : parameter[i];
      if (encoded) i += 2;
    }
    return model;
  }
  return {};
}

}  // namespace

Answer realtime(Request const& request, Models const& models) {
  if (!iequals(request.header("upgrade"), "websocket")) {
    return error_reply(426, "WebSocket is spoken here.", "invalid_request_error", "");
  }
  auto model = query_model(request.target);
  if (model.empty()) {
    return error_reply(400, "You must provide a model parameter.", "invalid_request_error", "missing_model");
  }
  if (!knows(models, model)) return unknown_model(model);
  return Realtime{std::move(model)};
}

}  // namespace inferway::mock
