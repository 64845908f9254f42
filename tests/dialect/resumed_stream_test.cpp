#include "inferway/dialect/resume.hpp"
#include "model_double.hpp"
#include "reading_events.hpp"

#include <gtest/gtest.h>

namespace inferway::dialect {
namespace {

using Json = ModelDouble::Json;
using config::Resume;

constexpr auto kChat = http::StreamApi::openai_done;

/// What a client has at a stream's end.
struct Answer {
  std::string text;
  std::vector<std::string> ids;
  std::vector<Json> models, created, fingerprints, usages, finish_reasons;
  int roles = 0;
  int done = 0;

  void read(std::string const& stream) {
    for (auto const& event : ReadStream(kChat, stream).events) {
      if (!event.has_data) continue;
      if (event.data == "[DONE]") {
        ++done;
        continue;
      }
      EXPECT_EQ(done, 0);
      auto const chunk = Json::parse(event.data);
      add_once(models, chunk.at("model"));
      add_once(created, chunk.at("created"));
      add_once(fingerprints, chunk.at("system_fingerprint"));
      if (!chunk.value("usage", Json()).is_null()) usages.push_back(chunk.at("usage"));
      for (auto const& choice : chunk.at("choices")) {
        roles += choice.at("delta").contains("role") ? 1 : 0;
        text += choice.at("delta").value("content", "");
        if (!choice.at("finish_reason").is_null()) finish_reasons.push_back(choice.at("finish_reason"));
      }
    }
  }

  static void add_once(std::vector<Json>& list, Json const& value) {
    if (list.empty() || list.back() != value) list.push_back(value);
  }

  [[nodiscard]] Json all() const {
    return {text, models, created, fingerprints, usages.empty() ? Json() : usages.back(), finish_reasons, roles, done};
  }
};

std::string joined(std::vector<std::string> const& events) {
  std::string all;
  for (auto const& event : events) all += event;
  return all;
}

/// Relays a stream of which only the first `bytes` arrive, and events alone that are whole. Returns what the client
/// got.
template <typename Relay>
std::string relay(std::vector<std::string> const& events, std::size_t bytes, Relay each) {
  std::string got;
  auto const arrived = joined(events).substr(0, bytes);
  for (auto const& event : ReadStream(kChat, arrived).events) got += each(event.view());
  return got;
}

struct Scene {
  char const* name;
  ModelDouble model;
  Resume mode = Resume::continue_final_message;
  std::string body =
      R"({"model":"m", "messages":[{"role":"user","content":"Hi"}],"stream":true,"stream_options":{"include_usage":true}})";
};

ModelDouble plain() { return ModelDouble({"Hello", " \"world\"", ",", " caf\u00e9", " \U0001F600!", " Bye", "."}); }
ModelDouble code() {
  return ModelDouble({"def", " f():", "\n", "    ", "return", " \"\\n\"", "\n\n", "    ", "x", " "});
}
template <typename Change>
ModelDouble with(ModelDouble model, Change change) {
  change(model);
  return model;
}

Scene const kScenes[] = {
    {"plain", plain()},
    {"prefill", plain(), Resume::assistant_prefill},
    {"crlf", ModelDouble({"a", " b", " c"}, "\r\n")},
    {"escapes", with(plain(), [](auto& model) { model.escapes = true; })},
    {"code", code()},
    {"code_trimmed", with(code(), [](auto& model) { model.trims = true; })},
    {"continuous_usage", with(plain(), [](auto& model) { model.continuous_usage = true; })},
    {"limited", plain(), Resume::continue_final_message,
     R"({"messages":[{"role":"user","content":"Hi"}],"stream":true,"max_tokens":5})"},
    {"partial_already", plain(), Resume::assistant_prefill,
     R"({"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello \"wo"}],"stream":true})"},
};

class ResumedStreamTest : public testing::TestWithParam<Scene> {};

TEST_P(ResumedStreamTest, is_the_uncut_stream_wherever_it_was_cut) {
  auto const& [name, model, mode, body] = GetParam();
  auto const uncut = model.answer(body, 1);
  Answer want;
  want.read(joined(uncut));
  for (std::size_t cut = 0; cut <= joined(uncut).size(); ++cut) {
    Transcript transcript(1 << 20);
    auto got = relay(uncut, cut, [&](Event const& event) {
      transcript.add(event);
      return std::string(event.raw);
    });
    if (transcript.finished()) continue;
    ASSERT_TRUE(transcript.resumable()) << transcript.obstacle();
    if (is_exhausted(body, transcript)) {
      got += length_event(body, transcript) + last_events(body, transcript);
    } else {
      auto const next = continuation_body(body, transcript, mode);
      ASSERT_TRUE(next) << next.error().detail;
      ResumedStream resumed(transcript);
      got += relay(model.answer(*next, transcript.tokens() == 0 && !transcript.role_sent() ? 1 : 2), std::string::npos,
                   [&](Event const& event) { return std::string(resumed.rewrite(event)); });
      ASSERT_FALSE(resumed.unfit());
      EXPECT_TRUE(transcript.finished());
    }
    Answer answer;
    answer.read(got);
    ASSERT_EQ(answer.all(), want.all()) << "cut at " << cut << "\n" << got;
  }
}

TEST_P(ResumedStreamTest, is_the_uncut_stream_when_it_breaks_after_each_event) {
  auto const& [name, model, mode, body] = GetParam();
  auto const uncut = model.answer(body, 1);
  Answer want;
  want.read(joined(uncut));
  // Of fewer tokens than two and one, a stream with two of white space would never get beyond them.
  for (std::size_t each = 3; each < 6; ++each) {
    Transcript transcript(1 << 20);
    std::string got;
    for (int stream = 1; stream < 40 && !transcript.finished(); ++stream) {
      if (is_exhausted(body, transcript)) {
        got += length_event(body, transcript) + last_events(body, transcript);
        break;
      }
      auto const next = continuation_body(body, transcript, mode);
      ASSERT_TRUE(next) << next.error().detail;
      ResumedStream resumed(transcript);
      auto events = model.answer(*next, stream);
      // A comment, a role, and so many tokens; the last stream goes through.
      if (events.size() > each + 5) events.resize(each + 2);
      got += relay(events, std::string::npos, [&](Event const& event) { return std::string(resumed.rewrite(event)); });
    }
    Answer answer;
    answer.read(got);
    EXPECT_EQ(answer.all(), want.all()) << each;
  }
}
INSTANTIATE_TEST_SUITE_P(Scenes, ResumedStreamTest, testing::ValuesIn(kScenes), kRowName);

/// A transcript after some events, and a continuation of it.
class Resumed {
 public:
  explicit Resumed(std::string_view before) {
    for (auto const& event : ReadStream(kChat, before).events) transcript_.add(event.view());
    stream_.emplace(transcript_);
  }
  std::string rewrite(std::string_view events) {
    return relay({std::string(events)}, std::string::npos,
                 [&](Event const& event) { return std::string(stream_->rewrite(event)); });
  }
  [[nodiscard]] bool unfit() const { return stream_->unfit(); }
  [[nodiscard]] Transcript const& transcript() const { return transcript_; }

 private:
  Transcript transcript_{1000};
  std::optional<ResumedStream> stream_;
};

constexpr std::string_view kBefore =
    "data: "
    "{\"id\":\"a\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"One\"}}]}"
    "\n\n";

struct RewriteRow {
  char const* name;
  std::string_view event;
  std::string_view want;
};
constexpr RewriteRow kRewriteRows[] = {
    {"comment", ": ping\n\n", ": ping\n\n"},
    {"done", "data: [DONE]\n\n", "data: [DONE]\n\n"},
    {"nothing_to_change", "data: {\"id\": \"a\",\"choices\":[{\"delta\":{\"content\":\" two\"}}]}\r\n\r\n",
     "data: {\"id\": \"a\",\"choices\":[{\"delta\":{\"content\":\" two\"}}]}\r\n\r\n"},
    {"id_and_model",
     "data: {\"id\":\"b\",\"x\":[ 1 ],\"model\":\"n\",\"choices\":[{\"delta\":{\"content\":\" two\"}}]}\n\n",
     "data: {\"id\":\"a\",\"x\":[ 1 ],\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\" two\"}}]}\n\n"},
    {"role_in_front", "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\", \"content\":\" two\"}}]}\n\n",
     "data: {\"choices\":[{\"delta\":{ \"content\":\" two\"}}]}\n\n"},
    {"role_behind", "data: {\"choices\":[{\"delta\":{\"content\":\" two\",\"role\":\"assistant\"}}]}\n\n",
     "data: {\"choices\":[{\"delta\":{\"content\":\" two\"}}]}\n\n"},
    {"role_with_the_end", "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"},\"finish_reason\":\"stop\"}]}\n\n",
     "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"},
    {"role_alone", "data: {\"id\":\"b\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n", ""},
    {"several_lines", "data: {\"id\":\ndata: \"b\",\"choices\":[{\"delta\":{\"content\":\" two\"}}]}\n\n",
     "data: {\"id\": \"a\",\"choices\":[{\"delta\":{\"content\":\" two\"}}]}\n\n"},
    {"byte_order_mark",
     "\xEF\xBB\xBF"
     "data: {\"choices\":[{\"delta\":{\"content\":\" two\"}}]}\n\n",
     "data: {\"choices\":[{\"delta\":{\"content\":\" two\"}}]}\n\n"},
    {"usage",
     "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":8,\"total_tokens\":11,\"completion_tokens\":3,"
     "\"prompt_tokens_details\":{\"cached_tokens\":8}}}\n\n",
     "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"total_tokens\":11,\"completion_tokens\":4,"
     "\"prompt_tokens_details\":{\"cached_tokens\":7}}}\n\n"},
    {"tool_call", "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\"}]}}]}\n\n",
     "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\"}]}}]}\n\n"},
};

class RewriteTest : public testing::TestWithParam<RewriteRow> {};

TEST_P(RewriteTest, changes_what_tells_two_streams_apart_and_nothing_else) {
  Resumed resumed(kBefore);
  EXPECT_EQ(resumed.rewrite(GetParam().event), GetParam().want);
  EXPECT_FALSE(resumed.unfit());
}
INSTANTIATE_TEST_SUITE_P(Rows, RewriteTest, testing::ValuesIn(kRewriteRows), kRowName);

TEST(ResumedStreamTest, lets_nothing_follow_its_end) {
  Resumed resumed(kBefore);
  EXPECT_EQ(resumed.rewrite("data: [DONE]\n\ndata: [DONE]\n\n: x\n\n"), "data: [DONE]\n\n");
}

TEST(ResumedStreamTest, gives_up_a_continuation_that_is_none) {
  static constexpr std::string_view kUnfit[] = {
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"Hm\"}}]}\n\n",
      "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"two\"}}]}\n\n",
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"two\"}}]\n\n",
      "data: two\n\n",
  };
  for (auto const event : kUnfit) {
    Resumed resumed(kBefore);
    EXPECT_EQ(resumed.rewrite(event), "") << event;
    EXPECT_TRUE(resumed.unfit()) << event;
    EXPECT_TRUE(resumed.transcript().resumable()) << event;
  }
}

TEST(ResumedStreamTest, keeps_the_role_that_no_one_has_sent) {
  Resumed resumed("data: {\"id\":\"a\",\"choices\":[],\"prompt_filter_results\":[1]}\n\n");
  EXPECT_EQ(resumed.rewrite("data: {\"id\":\"b\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n"),
            "data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n");
}

}  // namespace
}  // namespace inferway::dialect
