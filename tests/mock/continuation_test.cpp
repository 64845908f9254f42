#include "calls.hpp"
#include "made_up.hpp"

#include <gtest/gtest.h>

namespace inferway::mock {
namespace {

std::string text_of(std::vector<std::string> const& events) {
  std::string text;
  for (auto const& event : events) {
    if (event == "data: [DONE]\n\n") continue;
    for (auto const& choice : data_of(event).at("choices")) text += choice.at("delta").value("content", "");
  }
  return text;
}

/// The call with the beginning of its answer.
Json begun(std::string_view text) {
  auto call = chat("hi");
  call["messages"].push_back({{"role", "assistant"}, {"content", text}});
  return call;
}

Json streamed(Json call) {
  call["stream"] = true;
  call["stream_options"] = {{"include_usage", true}};
  return call;
}

/// The words contain letters of two bytes: no text can end within one.
bool is_boundary(std::string const& text, std::size_t at) {
  return at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
}

TEST(Continuation, goes_on_where_the_beginning_stops) {
  auto const whole = text_of(events_of(post("/v1/chat/completions", streamed(chat("hi")))));
  for (std::size_t cut = 1; cut <= whole.size(); ++cut) {
    if (!is_boundary(whole, cut)) continue;
    auto const beginning = whole.substr(0, cut);
    auto const rest = text_of(events_of(post("/v1/chat/completions", streamed(begun(beginning)))));
    ASSERT_EQ(beginning + rest, whole) << cut;
    auto const answer = body_of(reply_to(post("/v1/chat/completions", begun(beginning))));
    EXPECT_EQ(answer.at("choices")[0].at("message").at("content"), rest);
  }
}

TEST(Continuation, counts_the_beginning_as_prompt) {
  auto const usage = [](Json const& call) { return body_of(reply_to(post("/v1/chat/completions", call))).at("usage"); };
  auto const whole = usage(chat("hi"));
  auto const text = body_of(reply_to(post("/v1/chat/completions", chat("hi"))))["choices"][0]["message"]["content"]
                        .get<std::string>();
  auto const third_space = text.find(' ', text.find(' ', text.find(' ') + 1) + 1);
  auto const rest = usage(begun(text.substr(0, third_space)));
  EXPECT_EQ(rest.at("prompt_tokens").get<int>(), whole.at("prompt_tokens").get<int>() + 3);
  EXPECT_EQ(rest.at("completion_tokens").get<int>(), whole.at("completion_tokens").get<int>() - 3);
  EXPECT_EQ(rest.at("total_tokens"), whole.at("total_tokens"));
}

TEST(Continuation, is_another_stream) {
  auto const id = [](Json const& call) { return body_of(reply_to(post("/v1/chat/completions", call))).at("id"); };
  auto const text = body_of(reply_to(post("/v1/chat/completions", chat("hi"))))["choices"][0]["message"]["content"]
                        .get<std::string>();
  EXPECT_NE(id(begun(text.substr(0, 3))), id(chat("hi")));
}

TEST(Continuation, keeps_to_the_limit_of_its_call) {
  auto const text = body_of(reply_to(post("/v1/chat/completions", chat("hi"))))["choices"][0]["message"]["content"]
                        .get<std::string>();
  auto call = begun(text.substr(0, text.find(' ')));
  call["max_tokens"] = 2;
  auto const choice = body_of(reply_to(post("/v1/chat/completions", call))).at("choices")[0];
  EXPECT_EQ(count_words(choice.at("message").at("content").get<std::string>()), 2U);
  EXPECT_EQ(choice.at("finish_reason"), "length");
  call["max_tokens"] = 15;  // all that is left
  EXPECT_EQ(body_of(reply_to(post("/v1/chat/completions", call))).at("choices")[0].at("finish_reason"), "stop");
}

TEST(Continuation, goes_on_behind_what_it_would_not_have_written) {
  auto const first = body_of(reply_to(post("/v1/chat/completions", begun("Dear reader,"))));
  auto const again = body_of(reply_to(post("/v1/chat/completions", begun("Dear reader,"))));
  EXPECT_TRUE(first["choices"][0]["message"]["content"].get<std::string>().starts_with(" "));
  EXPECT_EQ(first["choices"], again["choices"]);
}

TEST(Continuation, wants_to_be_asked_for_in_one_way) {
  auto call = begun("x");
  call["continue_final_message"] = true;
  EXPECT_EQ(reply_to(post("/v1/chat/completions", call)).status, 400U);
  call["add_generation_prompt"] = false;
  EXPECT_EQ(reply_to(post("/v1/chat/completions", call)).status, 200U);
  auto unbegun = chat("hi");
  unbegun["continue_final_message"] = true;
  unbegun["add_generation_prompt"] = false;
  EXPECT_EQ(reply_to(post("/v1/chat/completions", unbegun)).status, 400U);
}

}  // namespace
}  // namespace inferway::mock
