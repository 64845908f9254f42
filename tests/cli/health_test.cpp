#include "inferway/cli/commands.hpp"
#include "running.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

// What it asks and what it makes of the answers is seen over real sockets, in e2e.
namespace inferway::cli {
namespace {

Ran health(std::vector<char const*> const& arguments) { return captured(run_health, arguments); }

struct Wrong {
  char const* name;
  std::vector<char const*> arguments;
  std::string_view complaint;
};
Wrong const kWrong[] = {
    {"unknown_option", {"--verbose"}, "unexpected '--verbose'"},
    {"a_word", {"here"}, "unexpected 'here'"},
    {"a_value_for_a_switch", {"--live=yes"}, "unexpected '--live=yes'"},
    {"prefix_of_an_option", {"--conf", "x"}, "unexpected '--conf'"},
    {"value_missing", {"--address"}, "--address needs a value"},
    {"value_empty", {"--config="}, "--config is empty"},
    {"both_places", {"--config", "x", "--address", "127.0.0.1:1"}, "exclude each other"},
    {"no_unit", {"--timeout", "2"}, "--timeout is 1ms to 1h"},
    {"no_number", {"--timeout", "s"}, "--timeout is 1ms to 1h"},
    {"no_time", {"--timeout=0s"}, "--timeout is 1ms to 1h"},
    {"too_long", {"--timeout", "61m"}, "--timeout is 1ms to 1h"},
    {"negative", {"--timeout", "-1s"}, "--timeout is 1ms to 1h"},
};
class HealthCommandRefuses : public testing::TestWithParam<Wrong> {};

TEST_P(HealthCommandRefuses, what_it_does_not_understand) {
  auto const ran = health(GetParam().arguments);
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_NE(ran.err.find(GetParam().complaint), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("usage: inferway health"), std::string::npos) << ran.err;
}
INSTANTIATE_TEST_SUITE_P(CommandLines, HealthCommandRefuses, testing::ValuesIn(kWrong),
                         [](auto const& row) { return std::string(row.param.name); });

struct Unaskable {
  char const* name;
  std::vector<char const*> arguments;
  std::string_view complaint;
};
Unaskable const kUnaskable[] = {
    {"a_name", {"--address", "localhost:9901"}, "--address: \"localhost:9901\" has no literal address"},
    {"no_port", {"--address", "127.0.0.1"}, "has no port"},
    {"port_zero", {"--address", "127.0.0.1:0"}, "say which by --address"},
    {"relative_socket", {"--address", "unix:here"}, "names no socket"},
    {"no_file", {"--config", "/does/not/exist.yaml"}, "/does/not/exist.yaml: cannot be read: No such file"},
};
class HealthCommandCannotAsk : public testing::TestWithParam<Unaskable> {};

TEST_P(HealthCommandCannotAsk, and_says_so_in_one_line) {
  auto const ran = health(GetParam().arguments);
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(ran.out, "");
  EXPECT_NE(ran.err.find(GetParam().complaint), std::string::npos) << ran.err;
  EXPECT_EQ(ran.err.find('\n'), ran.err.size() - 1) << ran.err;
}
INSTANTIATE_TEST_SUITE_P(Places, HealthCommandCannotAsk, testing::ValuesIn(kUnaskable),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(HealthCommand, tells_its_options) {
  auto const ran = health({"--help"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_TRUE(ran.out.starts_with("usage: inferway health")) << ran.out;
}

}  // namespace
}  // namespace inferway::cli
