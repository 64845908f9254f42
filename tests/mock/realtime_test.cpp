#include "realtime.hpp"

#include "calls.hpp"

#include <gtest/gtest.h>

namespace inferway::mock {
namespace {

RealtimeSession session(std::uint64_t tokens = 3) {
  Behaviour behaviour;
  behaviour.tokens = tokens;
  return {"m-1", behaviour, kNow, 7};
}

/// All events that answer a message.
std::vector<Json> answers(RealtimeSession& session, Json const& message) {
  auto const stream = session.answer(dump(message));
  std::vector<Json> events;
  events.reserve(stream.opening.size() + stream.tokens);
  for (auto const& event : stream.opening) events.push_back(Json::parse(event));
  for (std::uint64_t i = 0; i < stream.tokens; ++i) events.push_back(Json::parse(stream.token(i)));
  if (stream.closing) {
    for (auto const& event : stream.closing()) events.push_back(Json::parse(event));
  }
  return events;
}

std::vector<std::string> types_of(std::vector<Json> const& events) {
  std::vector<std::string> types;
  types.reserve(events.size());
  for (auto const& event : events) types.push_back(event.at("type"));
  return types;
}

Json user_item(std::string const& text) {
  Json const content = Json::array({Json{{"type", "input_text"}, {"text", text}}});
  return {{"type", "conversation.item.create"},
          {"item", {{"type", "message"}, {"role", "user"}, {"content", content}}}};
}

TEST(RealtimeSession, begins_with_itself) {
  auto opened = session();
  auto const event = Json::parse(opened.opening());
  EXPECT_EQ(event.at("type"), "session.created");
  EXPECT_EQ(event.at("session").at("model"), "m-1");
  EXPECT_EQ(event.at("session").at("type"), "realtime");
}

TEST(RealtimeSession, takes_updates_over) {
  auto opened = session();
  auto const events = answers(opened, {{"type", "session.update"}, {"session", {{"instructions", "Be brief"}}}});
  ASSERT_EQ(types_of(events), std::vector<std::string>{"session.updated"});
  EXPECT_EQ(events[0].at("session").at("instructions"), "Be brief");
  EXPECT_EQ(events[0].at("session").at("model"), "m-1");
}

TEST(RealtimeSession, strings_items_together) {
  auto opened = session();
  auto const first = answers(opened, user_item("one"));
  auto const second = answers(opened, user_item("two"));
  std::vector<std::string> const want{"conversation.item.added", "conversation.item.done"};
  EXPECT_EQ(types_of(first), want);
  EXPECT_EQ(types_of(second), want);
  EXPECT_TRUE(first[0].at("previous_item_id").is_null());
  EXPECT_EQ(second[0].at("previous_item_id"), first[0].at("item").at("id"));
}

TEST(RealtimeSession, responds_with_text_and_usage) {
  auto opened = session();
  answers(opened, user_item("two words"));
  auto const events = answers(opened, {{"type", "response.create"}});
  ASSERT_EQ(types_of(events),
            (std::vector<std::string>{"response.created", "response.output_item.added", "response.content_part.added",
                                      "response.output_text.delta", "response.output_text.delta",
                                      "response.output_text.delta", "response.output_text.done",
                                      "response.content_part.done", "response.output_item.done", "response.done"}));
  std::string text;
  for (std::size_t i = 3; i < 6; ++i) text += events[i].at("delta").get<std::string>();
  EXPECT_EQ(events[6].at("text"), text);
  auto const& done = events.back().at("response");
  EXPECT_EQ(done.at("status"), "completed");
  EXPECT_EQ(done.at("id"), events[0].at("response").at("id"));
  EXPECT_EQ(done.at("output").at(0).at("content").at(0).at("text"), text);
  EXPECT_EQ(done.at("usage").at("input_tokens"), 2);
  EXPECT_EQ(done.at("usage").at("output_tokens"), 3);
  EXPECT_EQ(done.at("usage").at("total_tokens"), 5);
}

TEST(RealtimeSession, keeps_to_a_limit_of_tokens) {
  auto opened = session();
  auto const events = answers(opened, {{"type", "response.create"}, {"response", {{"max_output_tokens", 1}}}});
  EXPECT_EQ(events.size(), 3 + 1 + 4U);
  EXPECT_EQ(events.back().at("response").at("status"), "incomplete");
}

TEST(RealtimeSession, counts_audio) {
  auto opened = session();
  EXPECT_TRUE(answers(opened, {{"type", "input_audio_buffer.append"}, {"audio", "AAAA"}}).empty());
  EXPECT_TRUE(answers(opened, {{"type", "input_audio_buffer.append"}, {"audio", "AAAA"}}).empty());
  auto const events = answers(opened, {{"type", "input_audio_buffer.commit"}});
  EXPECT_EQ(types_of(events), (std::vector<std::string>{"input_audio_buffer.committed", "conversation.item.added",
                                                        "conversation.item.done"}));
  EXPECT_EQ(events[1].at("item").at("content").at(0).at("transcript"), "8 bytes of audio");
  answers(opened, {{"type", "input_audio_buffer.append"}, {"audio", "AAAA"}});
  EXPECT_EQ(types_of(answers(opened, {{"type", "input_audio_buffer.clear"}})),
            std::vector<std::string>{"input_audio_buffer.cleared"});
  EXPECT_EQ(types_of(answers(opened, {{"type", "input_audio_buffer.commit"}})), std::vector<std::string>{"error"});
}

struct ErrorRow {
  char const* name;
  std::string_view message;
  std::string_view code;
};
constexpr ErrorRow kErrorRows[] = {
    {"no_json", "{", "invalid_json"},
    {"no_object", "[]", "invalid_json"},
    {"no_type", R"({"event_id":"e"})", "invalid_value"},
    {"unknown_type", R"({"type":"x.y"})", "invalid_value"},
    {"type_is_no_string", R"({"type":1})", "invalid_value"},
    {"update_without_session", R"({"type":"session.update"})", "missing_required_parameter"},
    {"item_is_missing", R"({"type":"conversation.item.create","item":1})", "missing_required_parameter"},
    {"audio_is_missing", R"({"type":"input_audio_buffer.append"})", "missing_required_parameter"},
    {"nothing_to_cancel", R"({"type":"response.cancel"})", "response_cancel_not_active"},
};

TEST(RealtimeSession, answers_what_is_wrong_with_an_error) {
  for (auto const& row : kErrorRows) {
    auto opened = session();
    auto const stream = opened.answer(row.message);
    ASSERT_EQ(stream.opening.size(), 1U) << row.name;
    auto const event = Json::parse(stream.opening[0]);
    EXPECT_EQ(event.at("type"), "error") << row.name;
    EXPECT_EQ(event.at("error").at("code"), row.code) << row.name;
  }
}

TEST(RealtimeSession, names_the_event_that_was_wrong) {
  auto opened = session();
  auto const events = answers(opened, {{"type", "x"}, {"event_id", "mine"}});
  EXPECT_EQ(events.at(0).at("error").at("event_id"), "mine");
}

struct OpenRow {
  char const* name;
  char const* target;
  unsigned status;  ///< 101: a session
  char const* upgrade = "websocket";
};
constexpr OpenRow kOpenRows[] = {
    {"known", "/v1/realtime?model=m-1", 101},   {"encoded", "/v1/realtime?a=b&model=m%2D1", 101},
    {"unknown", "/v1/realtime?model=m-2", 404}, {"none", "/v1/realtime", 400},
    {"empty", "/v1/realtime?model=", 400},      {"no_websocket", "/v1/realtime?model=m-1", 426, ""},
};

TEST(Realtime, is_opened_for_a_known_model) {
  for (auto const& row : kOpenRows) {
    auto request = get(row.target);
    request.headers.emplace_back("Upgrade", row.upgrade);
    auto const answered = answer(request, {"m-1"}, {});
    auto const* const reply = std::get_if<Reply>(&answered);
    EXPECT_EQ(reply == nullptr ? 101U : reply->status, row.status) << row.name;
    if (auto const* const opened = std::get_if<Realtime>(&answered)) {
      EXPECT_EQ(opened->model, "m-1") << row.name;
    }
  }
}

}  // namespace
}  // namespace inferway::mock
