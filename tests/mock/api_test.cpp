#include "api.hpp"

#include "calls.hpp"

#include <gtest/gtest.h>

namespace inferway::mock {
namespace {

TEST(Api, answers_a_chat_completion) {
  Behaviour behaviour;
  behaviour.tokens = 3;
  auto const reply = reply_to(post("/v1/chat/completions", chat("say something")), {"m-1"}, behaviour);
  EXPECT_EQ(reply.status, 200U);
  EXPECT_TRUE(reply.generated);
  auto const body = body_of(reply);
  EXPECT_EQ(body.at("object"), "chat.completion");
  EXPECT_EQ(body.at("model"), "m-1");
  EXPECT_EQ(body.at("created"), kNow);
  EXPECT_EQ(body.at("usage"), (Json{{"prompt_tokens", 2}, {"completion_tokens", 3}, {"total_tokens", 5}}));
  auto const& choice = body.at("choices").at(0);
  EXPECT_EQ(choice.at("finish_reason"), "stop");
  EXPECT_EQ(choice.at("message").at("role"), "assistant");
  EXPECT_FALSE(choice.at("message").at("content").get<std::string>().empty());
}

TEST(Api, gives_the_same_text_for_the_same_prompt_and_seed) {
  auto const text = [](std::string const& prompt, std::uint64_t seed) {
    Behaviour behaviour;
    behaviour.seed = seed;
    return body_of(reply_to(post("/v1/chat/completions", chat(prompt)), {}, behaviour)).at("choices").dump();
  };
  EXPECT_EQ(text("a", 0), text("a", 0));
  EXPECT_NE(text("a", 0), text("b", 0));
  EXPECT_NE(text("a", 0), text("a", 1));
}

struct Limit {
  char const* name;
  std::string_view key;
  Json value;
  std::uint64_t tokens;
  std::string_view finish_reason;
};

class ApiLimit : public testing::TestWithParam<Limit> {};

TEST_P(ApiLimit, ends_the_answer_early) {
  auto call = chat("x");
  call[GetParam().key] = GetParam().value;
  auto const body = body_of(reply_to(post("/v1/chat/completions", call)));
  EXPECT_EQ(body.at("usage").at("completion_tokens"), GetParam().tokens);
  EXPECT_EQ(body.at("choices").at(0).at("finish_reason"), GetParam().finish_reason);
}

INSTANTIATE_TEST_SUITE_P(Keys, ApiLimit,
                         testing::Values(Limit{"new_name", "max_completion_tokens", 4, 4, "length"},
                                         Limit{"old_name", "max_tokens", 4, 4, "length"},
                                         Limit{"null_is_none", "max_tokens", nullptr, 16, "stop"},
                                         Limit{"larger_than_the_answer", "max_tokens", 400, 16, "stop"}),
                         [](auto const& row) { return row.param.name; });

TEST(Api, answers_a_text_completion) {
  auto const body = body_of(reply_to(post("/v1/completions", {{"model", "m-1"}, {"prompt", "a b c"}})));
  EXPECT_EQ(body.at("object"), "text_completion");
  EXPECT_EQ(body.at("usage").at("prompt_tokens"), 3);
  EXPECT_TRUE(body.at("choices").at(0).at("text").is_string());
}

TEST(Api, answers_a_response) {
  auto const body = body_of(reply_to(post("/v1/responses", {{"model", "m-1"}, {"input", "a b c"}})));
  EXPECT_EQ(body.at("object"), "response");
  EXPECT_EQ(body.at("status"), "completed");
  EXPECT_EQ(body.at("usage").at("total_tokens"), 3 + 16);
  auto const& part = body.at("output").at(0).at("content").at(0);
  EXPECT_EQ(part.at("type"), "output_text");
  EXPECT_FALSE(part.at("text").get<std::string>().empty());
}

TEST(Api, counts_text_parts_of_a_prompt) {
  auto call = chat("");
  call["messages"][0]["content"] = Json::array(
      {Json{{"type", "text"}, {"text", "one two"}}, Json{{"type", "image_url"}, {"image_url", {{"url", "x y z"}}}}});
  auto const body = body_of(reply_to(post("/v1/chat/completions", call)));
  EXPECT_EQ(body.at("usage").at("prompt_tokens"), 2);
}

TEST(Api, survives_a_prompt_that_is_nested_without_end) {
  auto const request =
      Request{.method = "POST",
              .target = "/v1/completions",
              .headers = {},
              .body = R"({"model":"m","prompt":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}",
              .now = kNow};
  EXPECT_EQ(reply_to(request).status, 200U);
}

struct Input {
  char const* name;
  Json input;
  std::size_t vectors;
  int tokens;
};

class ApiEmbeddings : public testing::TestWithParam<Input> {};

TEST_P(ApiEmbeddings, has_a_vector_for_each_input) {
  auto const call = Json{{"model", "m-1"}, {"input", GetParam().input}, {"dimensions", 4}};
  auto const body = body_of(reply_to(post("/v1/embeddings", call)));
  ASSERT_EQ(body.at("data").size(), GetParam().vectors);
  for (std::size_t i = 0; i < GetParam().vectors; ++i) {
    EXPECT_EQ(body.at("data").at(i).at("index"), i);
    EXPECT_EQ(body.at("data").at(i).at("embedding").size(), 4U);
  }
  EXPECT_EQ(body.at("usage"), (Json{{"prompt_tokens", GetParam().tokens}, {"total_tokens", GetParam().tokens}}));
}

INSTANTIATE_TEST_SUITE_P(Forms, ApiEmbeddings,
                         testing::Values(Input{"text", "a b", 1, 2}, Input{"texts", Json::array({"a", "b c"}), 2, 3},
                                         Input{"token_ids", Json::array({1, 2, 3}), 1, 3},
                                         Input{"lists_of_token_ids",
                                               Json::array({Json::array({1, 2}), Json::array({3})}), 2, 3}),
                         [](auto const& row) { return row.param.name; });

TEST(Api, gives_embeddings_in_base64_when_asked) {
  Json call{{"model", "m-1"}, {"input", "a"}, {"dimensions", 3}};
  auto const floats = body_of(reply_to(post("/v1/embeddings", call))).at("data").at(0).at("embedding");
  call["encoding_format"] = "base64";
  auto const text = body_of(reply_to(post("/v1/embeddings", call))).at("data").at(0).at("embedding");
  ASSERT_EQ(floats.size(), 3U);
  EXPECT_EQ(text.get<std::string>().size(), 16U);  // 12 bytes
}

Request upload(std::string target, std::string const& fields) {
  auto const body =
      fields + "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nabcde\r\n--XX--\r\n";
  return {.method = "POST",
          .target = std::move(target),
          .headers = {{"content-type", "multipart/form-data; boundary=XX"}},
          .body = body,
          .now = kNow};
}

std::string form_field(std::string const& name, std::string const& value) {
  return "--XX\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
}

TEST(Api, tells_a_transcribed_files_name_and_size) {
  auto const reply = reply_to(upload("/v1/audio/transcriptions", form_field("model", "m-1")), {"m-1"});
  EXPECT_TRUE(body_of(reply).at("text").get<std::string>().starts_with("a.wav, 5 bytes: "));
}

TEST(Api, transcribes_to_plain_text_when_asked) {
  auto const reply =
      reply_to(upload("/v1/audio/transcriptions", form_field("model", "m-1") + form_field("response_format", "text")));
  EXPECT_EQ(reply.content_type, "text/plain; charset=utf-8");
  EXPECT_TRUE(reply.body.starts_with("a.wav, 5 bytes: "));
}

TEST(Api, takes_a_file) {
  auto const body = body_of(reply_to(upload("/v1/files", form_field("purpose", "batch"))));
  EXPECT_EQ(body.at("bytes"), 5);
  EXPECT_EQ(body.at("filename"), "a.wav");
  EXPECT_EQ(body.at("purpose"), "batch");
}

TEST(Api, lists_its_models) {
  auto const body = body_of(reply_to(get("/v1/models"), {"a", "b/c"}));
  EXPECT_EQ(body.at("object"), "list");
  EXPECT_EQ(body.at("data").at(0).at("id"), "a");
  EXPECT_EQ(body.at("data").at(1).at("id"), "b/c");
  EXPECT_EQ(body_of(reply_to(get("/v1/models/b%2Fc"), {"b/c"})).at("id"), "b/c");
  EXPECT_EQ(body_of(reply_to(get("/v1/models/b/c"), {"b/c"})).at("id"), "b/c");
}

TEST(Api, echoes_what_came) {
  Request const request{
      .method = "PUT", .target = "/echo?a=b", .headers = {{"X-One", "1"}, {"x-one", "2"}}, .body = "foo", .now = kNow};
  EXPECT_EQ(body_of(reply_to(request)),
            Json::parse(R"({"method":"PUT","target":"/echo?a=b","headers":[["X-One","1"],["x-one","2"]],)"
                        R"("body_base64":"Zm9v","body_length":3})"));
}

TEST(Api, answers_the_health_command) {
  EXPECT_EQ(reply_to(get("/live")).body, "live\n");
  EXPECT_EQ(reply_to(get("/ready")).body, "ready\n");
}

struct Failure {
  char const* name;
  Request request;
  unsigned status;
  Json code;
};

class ApiError : public testing::TestWithParam<Failure> {};

TEST_P(ApiError, is_an_envelope_with_all_keys) {
  auto const reply = reply_to(GetParam().request, {"m-1"});
  EXPECT_EQ(reply.status, GetParam().status);
  auto const error = body_of(reply).at("error");
  EXPECT_TRUE(error.at("message").is_string());
  EXPECT_TRUE(error.at("type").is_string());
  EXPECT_TRUE(error.contains("param"));
  EXPECT_EQ(error.at("code"), GetParam().code);
}

Request raw(std::string body) {
  return {.method = "POST", .target = "/v1/chat/completions", .headers = {}, .body = std::move(body), .now = kNow};
}

INSTANTIATE_TEST_SUITE_P(
    Requests, ApiError,
    testing::Values(
        Failure{"no_json", raw("{"), 400, nullptr}, Failure{"no_object", raw("[]"), 400, nullptr},
        Failure{"no_model", raw("{}"), 400, nullptr}, Failure{"model_is_no_text", raw(R"({"model":1})"), 400, nullptr},
        Failure{"unknown_model", raw(R"({"model":"m-2"})"), 404, "model_not_found"},
        Failure{"no_messages", raw(R"({"model":"m-1"})"), 400, "missing_required_parameter"},
        Failure{"no_input", post("/v1/embeddings", {{"model", "m-1"}}), 400, "missing_required_parameter"},
        Failure{"bad_dimensions", post("/v1/embeddings", {{"model", "m-1"}, {"input", "a"}, {"dimensions", 0}}), 400,
                "invalid_type"},
        Failure{"unknown_model_resource", get("/v1/models/m-2"), 404, "model_not_found"},
        Failure{"wrong_method", get("/v1/chat/completions"), 405, nullptr},
        Failure{"unknown_path", get("/v1/nothing"), 404, nullptr}, Failure{"outside_the_api", get("/"), 404, nullptr},
        Failure{"no_form", post("/v1/files", Json::object()), 400, nullptr},
        Failure{"form_without_model", upload("/v1/audio/transcriptions", ""), 400, "missing_required_parameter"},
        Failure{"form_with_unknown_model", upload("/v1/audio/transcriptions", form_field("model", "m-2")), 404,
                "model_not_found"},
        Failure{"form_without_purpose", upload("/v1/files", ""), 400, "missing_required_parameter"}),
    [](auto const& row) { return row.param.name; });

TEST(Api, answers_with_the_status_it_was_told) {
  for (unsigned const status : {400U, 401U, 404U, 429U, 500U, 503U, 529U}) {
    Behaviour behaviour;
    behaviour.status = status;
    auto const reply = reply_to(post("/v1/chat/completions", chat("x")), {}, behaviour);
    EXPECT_EQ(reply.status, status);
    EXPECT_TRUE(body_of(reply).at("error").at("type").is_string());
  }
}

}  // namespace
}  // namespace inferway::mock
