#include "inferway/dialect/models.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace inferway::dialect {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

/// 2026-02-28T23:59:09Z
constexpr Seconds kSince{std::chrono::sys_days(std::chrono::year(2026) / 2 / 28) + 23h + 59min + 9s};

struct QuestionRow {
  char const* name;
  std::string_view path;
  char const* want;  ///< "list", "beta list", "one ID", "beta ID", or "": no question
};
constexpr QuestionRow kQuestionRows[] = {
    {"list", "/v1/models", "list"},
    {"one", "/v1/models/gpt-5", "one gpt-5"},
    {"with_slash_colon_and_dot", "/v1/models/a/b:c.d", "one a/b:c.d"},
    {"encoded", "/v1/models/a%2Fb%3Ac", "one a/b:c"},
    {"encoded_once", "/v1/models/a%252Fb", "one a%2Fb"},
    {"fine_tuned", "/v1/models/ft:gpt-4o:org::id", "one ft:gpt-4o:org::id"},
    {"slash_at_the_end", "/v1/models/a/", "one a/"},
    {"empty", "/v1/models/", ""},
    {"longer_word", "/v1/modelsx", ""},
    {"geminis_method", "/v1/models/gemini-x:generateContent", ""},
    {"elsewhere", "/v1/chat/completions", ""},
    {"beta_list", "/v1beta/models", "beta list"},
    {"beta_one", "/v1beta/models/gemini-x", "beta gemini-x"},
    {"beta_with_a_tag", "/v1beta/models/llama3:latest", "beta llama3:latest"},
    {"beta_method", "/v1beta/models/gemini-x:generateContent", ""},
    {"beta_method_of_a_tag", "/v1beta/models/llama3:latest:streamGenerateContent", ""},
    {"beta_empty", "/v1beta/models/", ""},
    {"beta_longer_word", "/v1beta/modelsx", ""},
    {"beta_files", "/v1beta/files", ""},
    {"broken_encoding", "/v1/models/%zz", ""},
};
class ModelsQuestionTest : public testing::TestWithParam<QuestionRow> {};

TEST_P(ModelsQuestionTest, is_read_from_the_path) {
  auto const question = models_question(GetParam().path);
  std::string got;
  if (question && question->id) got = (question->beta ? "beta " : "one ") + *question->id;
  if (question && !question->id) got = question->beta ? "beta list" : "list";
  EXPECT_EQ(got, GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, ModelsQuestionTest, testing::ValuesIn(kQuestionRows),
                         [](auto const& row) { return std::string(row.param.name); });

struct CallerRow {
  char const* name;
  std::string_view path;
  bool version;  ///< sends anthropic-version
  Api want;
};
constexpr CallerRow kCallerRows[] = {
    {"openai_list", "/v1/models", false, Api::openai},
    {"anthropic_list", "/v1/models", true, Api::anthropic},
    {"anthropic_model", "/v1/models/m", true, Api::anthropic},
    {"anthropic_below_a_prefix", "/own/v1/messages", true, Api::anthropic},
    {"openai_endpoint", "/v1/embeddings", true, Api::openai},
    {"anthropic_chat", "/v1/chat/completions", true, Api::openai},
    {"anthropic_messages", "/v1/messages", false, Api::anthropic},
    {"gemini_list", "/v1beta/models", true, Api::gemini},
    {"gemini_method", "/v1/models/m:countTokens", true, Api::gemini},
};
class CallersDialectTest : public testing::TestWithParam<CallerRow> {};

TEST_P(CallersDialectTest, is_told_by_the_version_where_the_path_is_shared) {
  http::RequestHead head;
  if (GetParam().version) head.add({.name = "Anthropic-Version", .value = "2023-06-01"});
  EXPECT_EQ(client_dialect(GetParam().path, head), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, CallersDialectTest, testing::ValuesIn(kCallerRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(ModelObjectTest, has_each_dialect_s_shape) {
  EXPECT_EQ(model_object(Api::openai, "a/b", kSince),
            R"({"id":"a/b","object":"model","created":1772323149,"owned_by":"inferway"})");
  EXPECT_EQ(model_object(Api::anthropic, "a/b", kSince),
            R"({"type":"model","id":"a/b","display_name":"a/b","created_at":"2026-02-28T23:59:09Z",)"
            R"("max_input_tokens":null,"max_tokens":null,"capabilities":null})");
  EXPECT_EQ(
      model_object(Api::gemini, "a/b", kSince),
      R"({"name":"models/a/b","displayName":"a/b","supportedGenerationMethods":["generateContent","countTokens"]})");
}

TEST(ModelObjectTest, escapes_names) {
  for (auto const api : {Api::openai, Api::anthropic, Api::gemini}) {
    auto const object = Json::parse(model_object(api, "q\"\\ü", kSince));
    EXPECT_EQ(object.at(api == Api::gemini ? "displayName" : "id"), "q\"\\ü");
  }
}

std::vector<std::string_view> const kIds = {"m0", "m1", "m2", "m3", "m4"};

struct PageRow {
  char const* name;
  Api api;
  std::string_view query;
  std::string want;  ///< the ids, then what tells that there are more; "": refused
};
PageRow const kPageRows[] = {
    {"openai_knows_no_pages", Api::openai, "limit=1&after_id=m2", "m0 m1 m2 m3 m4"},
    {"anthropic", Api::anthropic, "", "m0 m1 m2 m3 m4"},
    {"limit", Api::anthropic, "limit=2", "m0 m1 more"},
    {"limit_to_the_end", Api::anthropic, "limit=5", "m0 m1 m2 m3 m4"},
    {"limit_beyond", Api::anthropic, "limit=1000", "m0 m1 m2 m3 m4"},
    {"after", Api::anthropic, "limit=2&after_id=m1", "m2 m3 more"},
    {"after_to_the_end", Api::anthropic, "limit=2&after_id=m2", "m3 m4"},
    {"after_the_last", Api::anthropic, "after_id=m4", "(none)"},
    {"before", Api::anthropic, "limit=2&before_id=m4", "m2 m3 more"},
    {"before_from_the_beginning", Api::anthropic, "limit=2&before_id=m2", "m0 m1"},
    {"before_the_first", Api::anthropic, "before_id=m0", "(none)"},
    {"encoded", Api::anthropic, "limit=%32&after%5Fid=m1", "m2 m3 more"},
    {"others_pass", Api::anthropic, "beta=true&limit=1", "m0 more"},
    {"limit_zero", Api::anthropic, "limit=0", ""},
    {"limit_above", Api::anthropic, "limit=1001", ""},
    {"limit_no_number", Api::anthropic, "limit=+1", ""},
    {"limit_twice", Api::anthropic, "limit=1&limit=2", ""},
    {"after_nobody", Api::anthropic, "after_id=x", ""},
    {"after_and_before", Api::anthropic, "after_id=m0&before_id=m3", ""},
    {"gemini", Api::gemini, "", "m0 m1 m2 m3 m4"},
    {"size", Api::gemini, "pageSize=2", "m0 m1 token=2"},
    {"token", Api::gemini, "pageSize=2&pageToken=2", "m2 m3 token=4"},
    {"last_token", Api::gemini, "pageSize=2&pageToken=4", "m4"},
    {"token_of_the_end", Api::gemini, "pageToken=5", "(none)"},
    {"size_zero_is_the_default", Api::gemini, "pageSize=0", "m0 m1 m2 m3 m4"},
    {"size_above_is_the_most", Api::gemini, "pageSize=100000", "m0 m1 m2 m3 m4"},
    {"size_no_number", Api::gemini, "pageSize=-1", ""},
    {"token_beyond", Api::gemini, "pageToken=6", ""},
    {"token_no_number", Api::gemini, "pageToken=x", ""},
};
class ModelsListTest : public testing::TestWithParam<PageRow> {};

std::string told(Api api, Json const& list) {
  std::string out;
  for (auto const& model : list.at(api == Api::gemini ? "models" : "data")) {
    out += model.at(api == Api::gemini ? "displayName" : "id").get<std::string>() + " ";
  }
  if (out.empty()) out = "(none) ";
  if (list.value("has_more", false)) out += "more ";
  if (list.contains("nextPageToken")) out += "token=" + list["nextPageToken"].get<std::string>() + " ";
  out.pop_back();
  return out;
}

TEST_P(ModelsListTest, is_the_page_asked_for) {
  auto const& row = GetParam();
  auto const list = models_list(row.api, kIds, row.query, kSince);
  EXPECT_EQ(list ? told(row.api, Json::parse(*list)) : "", row.want);
  if (!list) EXPECT_EQ(list.error().code, ErrorCode::bad_request);
}
INSTANTIATE_TEST_SUITE_P(Rows, ModelsListTest, testing::ValuesIn(kPageRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(ModelsListTest, tells_the_ends_of_an_anthropic_page) {
  auto const list = Json::parse(models_list(Api::anthropic, kIds, "limit=3&after_id=m0", kSince).value());
  EXPECT_EQ(list.at("first_id"), "m1");
  EXPECT_EQ(list.at("last_id"), "m3");
  EXPECT_EQ(models_list(Api::anthropic, {}, "", kSince).value(),
            R"({"data":[],"has_more":false,"first_id":null,"last_id":null})");
  EXPECT_EQ(models_list(Api::gemini, {}, "", kSince).value(), R"({"models":[]})");
  EXPECT_EQ(models_list(Api::openai, {}, "", kSince).value(), R"({"object":"list","data":[]})");
}

}  // namespace
}  // namespace inferway::dialect
