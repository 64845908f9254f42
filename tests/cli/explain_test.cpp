#include "asking.hpp"
#include "inferway/cli/commands.hpp"
#include "running.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace inferway::cli {
namespace {

Ran explain(std::vector<char const*> const& arguments) { return captured(run_explain, arguments); }

TEST(ExplainTest, is_0_when_a_route_matches) {
  ConfigurationFile const file(kAsked);
  auto const ran = explain({"--config", file.path().c_str(), "GET", "/free"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_NE(ran.out.find("free  (line 34)  matches"), std::string::npos) << ran.out;
  EXPECT_EQ(ran.err, "");
}

TEST(ExplainTest, is_1_when_the_request_would_be_refused) {
  ConfigurationFile const file(kAsked);
  auto const ran = explain({"--config", file.path().c_str(), "GET", "/nowhere"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.out.find("Refused: 404 route_not_found"), std::string::npos) << ran.out;
}

TEST(ExplainTest, options_come_in_any_order) {
  ConfigurationFile const file(kAsked);
  auto const config = "--config=" + file.path();
  auto const want = explain({config.c_str(), "--model", "llama-3", "--header", "X-A: b", "POST", "/v1/chat"});
  EXPECT_EQ(want.status, 0);
  std::vector<std::vector<char const*>> const others = {
      {"POST", "/v1/chat", "--header=X-A: b", "--model=llama-3", config.c_str()},
      {"POST", "--model", "llama-3", "/v1/chat", config.c_str(), "--header", "X-A: b", "--format", "text"},
      {config.c_str(), "--header", "X-A: b", "--model", "llama-3", "--", "POST", "/v1/chat"},
  };
  for (auto const& arguments : others) EXPECT_EQ(explain(arguments).out, want.out);
}

TEST(ExplainTest, reads_a_body_out_of_a_file) {
  ConfigurationFile const file(kAsked);
  ConfigurationFile const body(R"({"model":"llama-from-a-file"})");
  auto const ran = explain({"--config", file.path().c_str(), "--body", body.path().c_str(), "POST", "/v1/chat"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_NE(ran.out.find("llama-from-a-file, in the JSON body"), std::string::npos) << ran.out;
}

TEST(ExplainTest, a_body_too_large_is_not_read_to_its_end) {
  ConfigurationFile const file(kAsked);
  auto const ran = explain({"--config", file.path().c_str(), "--body", "/dev/zero", "POST", "/v1/chat"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.out.find("413 body_too_large"), std::string::npos) << ran.out;
}

TEST(ExplainTest, is_2_with_the_place_for_a_wrong_configuration) {
  ConfigurationFile const file("threads: many\n");
  auto const ran = explain({"--config", file.path().c_str(), "--format", "json", "GET", "/"});
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_TRUE(ran.err.starts_with(file.path() + ":1:")) << ran.err;
}

TEST(ExplainTest, tells_its_options) {
  for (auto const* option : {"--help", "-h"}) {
    auto const ran = explain({option});
    EXPECT_EQ(ran.status, 0);
    EXPECT_TRUE(ran.out.starts_with("usage: inferway explain")) << ran.out;
  }
}

struct WrongRow {
  char const* name;
  std::vector<char const*> arguments;
};
WrongRow const kWrong[] = {
    {"nothing", {}},
    {"no_file", {"GET", "/free"}},
    {"empty_file", {"--config=", "GET", "/free"}},
    {"no_method", {"--config", "FILE"}},
    {"no_path", {"--config", "FILE", "GET"}},
    {"a_word_too_many", {"--config", "FILE", "GET", "/free", "more"}},
    {"unknown_option", {"--config", "FILE", "--verbose", "GET", "/free"}},
    {"option_without_value", {"GET", "/free", "--config", "FILE", "--model"}},
    {"format", {"--config", "FILE", "--format", "xml", "GET", "/free"}},
    {"file_twice", {"--config", "FILE", "--config", "FILE", "GET", "/free"}},
    {"model_twice", {"--config", "FILE", "--model", "a", "--model", "a", "POST", "/free"}},
    {"body_twice", {"--config", "FILE", "--body", "a", "--body", "a", "POST", "/free"}},
    {"format_twice", {"--config", "FILE", "--format", "text", "--format", "text", "GET", "/free"}},
    {"body_not_there", {"--config", "FILE", "--body", "/not/there", "POST", "/free"}},
    {"body_is_a_directory", {"--config", "FILE", "--body", "/", "POST", "/free"}},
    {"contradiction", {"--config", "FILE", "--model", "m", "GET", "/free"}},
};
class WrongExplainTest : public testing::TestWithParam<WrongRow> {};

TEST_P(WrongExplainTest, is_2_with_the_usage) {
  ConfigurationFile const file(kAsked);
  auto arguments = GetParam().arguments;
  for (auto& argument : arguments) {
    if (std::string_view(argument) == "FILE") argument = file.path().c_str();
  }
  auto const ran = explain(arguments);
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_TRUE(ran.err.starts_with("inferway explain: ")) << ran.err;
  EXPECT_NE(ran.err.find("usage: inferway explain"), std::string::npos) << ran.err;
}
INSTANTIATE_TEST_SUITE_P(Rows, WrongExplainTest, testing::ValuesIn(kWrong),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::cli
