#include "inferway/cli/commands.hpp"
#include "running.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace inferway::cli {
namespace {

Ran check(std::vector<char const*> const& arguments) { return captured(run_check, arguments); }

TEST(CheckTest, prints_the_table_of_a_valid_file) {
  ConfigurationFile const file(kFull);
  auto const ran = check({"--config", file.path().c_str()});
  EXPECT_EQ(ran.status, 0);
  EXPECT_NE(ran.out.find("valid, 3 routes, 2 backends"), std::string::npos) << ran.out;
  EXPECT_EQ(ran.err, "");
}

TEST(CheckTest, takes_the_equals_sign_too) {
  ConfigurationFile const file(kFull);
  auto const ran = check({("--config=" + file.path()).c_str(), "--format=json"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_TRUE(ran.out.starts_with("{")) << ran.out;
}

TEST(CheckTest, a_refused_file_is_2_with_all_errors_on_stderr) {
  ConfigurationFile const file("thread: 1\nlimits: {body_bytes: 5}\n");
  auto const ran = check({"--config", file.path().c_str()});
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_NE(ran.err.find(file.path() + ":1:1: thread: no such key"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find(file.path() + ":2:22: limits.body_bytes: \"5\" has no unit"), std::string::npos) << ran.err;
}

TEST(CheckTest, a_refused_file_is_json_on_stdout_too_when_asked) {
  ConfigurationFile const file("thread: 1\n");
  auto const ran = check({"--config", file.path().c_str(), "--format", "json"});
  EXPECT_EQ(ran.status, 2);
  EXPECT_NE(ran.out.find("\"valid\": false"), std::string::npos) << ran.out;
  EXPECT_NE(ran.err.find("no such key"), std::string::npos) << ran.err;
}

TEST(CheckTest, a_file_that_is_not_there_is_2) {
  auto const ran = check({"--config", "/does/not/exist.yaml"});
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.err, "/does/not/exist.yaml: cannot be read: No such file or directory\n");
}

TEST(CheckTest, help_is_printed) {
  auto const ran = check({"--help"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_TRUE(ran.out.starts_with("usage: inferway check")) << ran.out;
}

struct WrongRow {
  char const* name;
  std::vector<char const*> arguments;
};
WrongRow const kWrong[] = {
    {"nothing", {}},
    {"no_file", {"--config"}},
    {"empty_file", {"--config="}},
    {"unknown_option", {"--config", "x", "--verbose"}},
    {"file_without_option", {"x"}},
    {"format", {"--config", "x", "--format", "xml"}},
    {"no_format", {"--config", "x", "--format"}},
    {"prefix_of_an_option", {"--conf", "x"}},
    {"option_as_prefix", {"--configuration", "x"}},
};
class WrongCommandLineTest : public testing::TestWithParam<WrongRow> {};
TEST_P(WrongCommandLineTest, is_2_with_the_usage) {
  auto const ran = check(GetParam().arguments);
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_NE(ran.err.find("usage: inferway check"), std::string::npos) << ran.err;
}
INSTANTIATE_TEST_SUITE_P(Rows, WrongCommandLineTest, testing::ValuesIn(kWrong),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::cli
