#include "inferway/cli/commands.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

namespace inferway::cli {
namespace {

struct Wrong {
  char const* name;
  std::vector<char const*> arguments;
  std::string_view complaint;
};

class MockCommandRefuses : public testing::TestWithParam<Wrong> {};

TEST_P(MockCommandRefuses, what_it_does_not_understand) {
  testing::internal::CaptureStderr();
  int const status = run_mock(GetParam().arguments);
  auto const said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(status, 2);
  EXPECT_NE(said.find(GetParam().complaint), std::string::npos) << said;
  EXPECT_NE(said.find("usage: inferway mock"), std::string::npos) << said;
}

INSTANTIATE_TEST_SUITE_P(CommandLines, MockCommandRefuses,
                         testing::Values(Wrong{"unknown_option", {"--speed", "9"}, "'speed'"},
                                         Wrong{"no_option", {"fast"}, "'fast'"},
                                         Wrong{"value_missing", {"--tokens"}, "--tokens needs a value"},
                                         Wrong{"value_wrong", {"--first-token", "50"}, "first-token: '50'"},
                                         Wrong{"value_wrong_behind_equals", {"--fail-rate=2"}, "fail-rate: '2'"}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(MockCommand, tells_its_options) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_mock(std::vector{"--help"}), 0);
  std::fflush(stdout);
  EXPECT_NE(testing::internal::GetCapturedStdout().find("--token-interval"), std::string::npos);
}

/// The signal is pending before the command begins to serve, which must not lose it.
void serve_and_end_by(int signal) {
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, signal);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  std::raise(signal);
  auto const status = run_mock(std::vector{"--listen", "127.0.0.1:0", "--model=a", "--tokens", "3"});
  std::exit(status);  // NOLINT(concurrency-mt-unsafe): only in the child of a death test
}

TEST(MockCommandDeathTest, ends_in_order_by_a_signal) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(serve_and_end_by(SIGTERM), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(serve_and_end_by(SIGINT), testing::ExitedWithCode(0), "");
}

TEST(MockCommand, says_what_it_cannot_listen_on) {
  EXPECT_THROW(static_cast<void>(run_mock(std::vector{"--listen", "nowhere"})), std::runtime_error);
}

}  // namespace
}  // namespace inferway::cli
