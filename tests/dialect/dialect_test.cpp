#include "inferway/dialect/dialect.hpp"

#include "http/splits.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace inferway::dialect {
namespace {

struct DialectRow {
  char const* name;
  std::string_view path;
  Api want;
};
constexpr DialectRow kDialectRows[] = {
    {"chat", "/v1/chat/completions", Api::openai},
    {"responses", "/v1/responses", Api::openai},
    {"models", "/v1/models", Api::openai},
    {"one_model", "/v1/models/gpt-5", Api::openai},
    {"model_with_a_tag", "/v1/models/llama3:latest", Api::openai},
    {"tuned_model", "/v1/models/ft:gpt-4o:org::aBcDeF", Api::openai},
    {"root", "/", Api::openai},
    {"unknown", "/x/y", Api::openai},
    {"messages", "/v1/messages", Api::anthropic},
    {"count_tokens", "/v1/messages/count_tokens", Api::anthropic},
    {"batches", "/v1/messages/batches/msgbatch_1/results", Api::anthropic},
    {"no_messages", "/v1/messagesx", Api::openai},
    {"generate_content", "/v1beta/models/gemini-x:generateContent", Api::gemini},
    {"stable_generate_content", "/v1/models/gemini-x:streamGenerateContent", Api::gemini},
    {"stable_predict", "/v1/models/imagen:predict", Api::gemini},
    {"gemini_model", "/v1beta/models/gemini-x", Api::gemini},
    {"gemini_models", "/v1beta/models", Api::gemini},
    {"gemini_files", "/v1beta/files/x", Api::gemini},
    {"gemini_upload", "/upload/v1beta/files", Api::gemini},
    {"gemini_live", "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent", Api::gemini},
    {"googles_openai", "/v1beta/openai/chat/completions", Api::openai},
    {"ollama_chat", "/api/chat", Api::ollama},
    {"ollama_generate", "/api/generate", Api::ollama},
    {"ollama_embed", "/api/embed", Api::ollama},
    {"ollama_tags", "/api/tags", Api::ollama},
    {"ollama_version", "/api/version", Api::ollama},
    {"ollama_blob", "/api/blobs/sha256:00", Api::ollama},
    {"another_api", "/api/users", Api::openai},
    {"below_an_ollama_path", "/api/chat/x", Api::openai},
    {"api", "/api", Api::openai},
    {"empty", "", Api::openai},
};
class ClientDialectTest : public testing::TestWithParam<DialectRow> {};

TEST_P(ClientDialectTest, is_known_by_the_path) {
  EXPECT_EQ(config::name(client_dialect(GetParam().path)), config::name(GetParam().want));
}
INSTANTIATE_TEST_SUITE_P(Rows, ClientDialectTest, testing::ValuesIn(kDialectRows), kRowName);

struct PathModelRow {
  char const* name;
  std::string_view path;
  std::string_view model;  ///< "": none
  std::string_view raw;
};
constexpr PathModelRow kPathModelRows[] = {
    {"with_a_verb", "/v1beta/models/gemini-x:generateContent", "gemini-x", "gemini-x"},
    {"any_verb", "/v1beta/models/gemini-x:newMethod", "gemini-x", "gemini-x"},
    {"without_a_verb", "/v1beta/models/gemini-x", "gemini-x", "gemini-x"},
    {"stable_with_a_verb", "/v1/models/gemini-x:countTokens", "gemini-x", "gemini-x"},
    {"stable_without_a_verb", "/v1/models/gemini-x", "", ""},
    {"stable_with_a_tag", "/v1/models/llama3:latest", "", ""},
    {"colon_in_the_id", "/v1/models/llama3:8b:generateContent", "llama3:8b", "llama3:8b"},
    {"beta_colon_in_the_id", "/v1beta/models/a:b:countTokens", "a:b", "a:b"},
    {"prefix", "/v1beta/models/models/gemini-x:generateContent", "models/gemini-x", "models/gemini-x"},
    {"tuned", "/v1beta/models/tunedModels/x:generateContent", "tunedModels/x", "tunedModels/x"},
    {"encoded", "/v1beta/models/org%2Fname%3A7b:generateContent", "org/name:7b", "org%2Fname%3A7b"},
    {"empty_id", "/v1beta/models/:generateContent", "", ""},
    {"no_id", "/v1beta/models/", "", ""},
    {"list", "/v1beta/models", "", ""},
    {"broken_encoding", "/v1beta/models/a%2:generateContent", "", ""},
    {"another_path", "/v1beta/files/a:generateContent", "", ""},
    {"below_a_prefix", "/x/v1beta/models/a:generateContent", "", ""},
};
class PathModelTest : public testing::TestWithParam<PathModelRow> {};

TEST_P(PathModelTest, is_cut_at_the_last_colon) {
  auto const& row = GetParam();
  auto const got = path_model(row.path);
  ASSERT_EQ(got.has_value(), !row.model.empty());
  if (!got) return;
  EXPECT_EQ(got->model, row.model);
  EXPECT_EQ(row.path.substr(got->offset, got->length), row.raw);
}
INSTANTIATE_TEST_SUITE_P(Rows, PathModelTest, testing::ValuesIn(kPathModelRows), kRowName);

struct KeyPlaceRow {
  char const* name;
  Api api;
  std::string_view line;
};
constexpr KeyPlaceRow kKeyPlaceRows[] = {
    {"openai", Api::openai, "Authorization: Bearer K"},
    {"anthropic", Api::anthropic, "x-api-key: K"},
    {"gemini", Api::gemini, "x-goog-api-key: K"},
    {"ollama", Api::ollama, "Authorization: Bearer K"},
};
class KeyPlaceTest : public testing::TestWithParam<KeyPlaceRow> {};

TEST_P(KeyPlaceTest, is_where_the_dialect_wants_it) {
  auto const place = key_place(GetParam().api);
  EXPECT_EQ(std::string(place.field) + ": " + std::string(place.prefix) + "K", GetParam().line);
}
INSTANTIATE_TEST_SUITE_P(Rows, KeyPlaceTest, testing::ValuesIn(kKeyPlaceRows), kRowName);

}  // namespace
}  // namespace inferway::dialect
