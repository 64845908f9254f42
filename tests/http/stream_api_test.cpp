#include "inferway/http/event_scanner.hpp"
#include "splits.hpp"

#include <gtest/gtest.h>

namespace inferway::http {
namespace {

struct PathRow {
  char const* name;
  std::string_view path;
  StreamApi api;
};
constexpr PathRow kPathRows[] = {
    {"chat", "/v1/chat/completions", StreamApi::openai_done},
    {"completions", "/v1/completions", StreamApi::openai_done},
    {"azure", "/openai/deployments/gpt/chat/completions", StreamApi::openai_done},
    {"gemini_compatible", "/v1beta/openai/chat/completions", StreamApi::openai_done},
    {"responses", "/v1/responses", StreamApi::openai_responses},
    {"stored_response", "/v1/responses/resp_1", StreamApi::openai_responses},
    {"response_cancel", "/v1/responses/resp_1/cancel", StreamApi::unknown},
    {"response_list", "/v1/responses/", StreamApi::unknown},
    {"messages", "/v1/messages", StreamApi::anthropic_messages},
    {"messages_with_prefix", "/anthropic/v1/messages", StreamApi::anthropic_messages},
    {"count_tokens", "/v1/messages/count_tokens", StreamApi::unknown},
    {"thread_messages", "/v1/threads/t/messages", StreamApi::unknown},
    {"gemini", "/v1beta/models/g:streamGenerateContent", StreamApi::gemini_generate},
    {"gemini_whole", "/v1beta/models/g:generateContent", StreamApi::unknown},
    {"ollama_chat", "/api/chat", StreamApi::ollama_lines},
    {"ollama_generate", "/x/api/generate", StreamApi::ollama_lines},
    {"ollama_pull", "/api/pull", StreamApi::unknown},
    {"speech", "/v1/audio/speech", StreamApi::unknown},
    {"similar", "/v1/mycompletions", StreamApi::unknown},
    {"empty", "", StreamApi::unknown},
    {"root", "/", StreamApi::unknown},
};
class StreamApiTest : public testing::TestWithParam<PathRow> {};

TEST_P(StreamApiTest, is_known_by_the_path) { EXPECT_EQ(stream_api(GetParam().path), GetParam().api); }
INSTANTIATE_TEST_SUITE_P(Rows, StreamApiTest, testing::ValuesIn(kPathRows), kRowName);

}  // namespace
}  // namespace inferway::http
