#include "shown_head.hpp"

#include <gtest/gtest.h>

namespace inferway::cli {
namespace {

struct Row {
  char const* name;
  std::string_view query;
  std::string_view want;
};
Row const kRows[] = {
    {"empty", "", ""},
    {"none", "a=1&b", "a=1&b"},
    {"key", "key=s3cret", "key=***"},
    {"between_others", "a=1&api_key=s3cret&b=2", "a=1&api_key=***&b=2"},
    {"encoded_name", "k%65y=s3cret", "k%65y=***"},
    {"twice", "key=a&key=b", "key=***&key=***"},
    {"no_value", "key&a", "key&a"},
    {"longer_name", "keys=1&monkey=2", "keys=1&monkey=2"},
    {"equals_in_the_value", "key=a=b&c", "key=***&c"},
    {"ends", "&key=a&", "&key=***&"},
};
class MaskedQueryTest : public testing::TestWithParam<Row> {};

TEST_P(MaskedQueryTest, shows_no_key) { EXPECT_EQ(masked_query(GetParam().query), GetParam().want); }
INSTANTIATE_TEST_SUITE_P(Rows, MaskedQueryTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(MaskedHeadTest, shows_neither_credentials_nor_what_a_route_hides) {
  http::RequestHead head;
  for (auto const name : {"Authorization", "Cookie", "X-Api-Key", "X-Hidden", "X-Shown", "X-Other"}) {
    head.add({.name = name, .value = "s3cret", .id = http::field_id(name)});
  }
  config::Config config;
  config.routes.resize(1);
  config.routes[0].match.headers = {{.name = "x-shown", .value = "s3cret"},
                                    {.name = "x-hidden", .value = "s3cret", .hidden = true}};
  std::string shown;
  for (auto const& field : masked(head, config).fields)
    shown += std::string(field.name) + "=" + std::string(field.value) + " ";
  EXPECT_EQ(shown, "Authorization=*** Cookie=*** X-Api-Key=*** X-Hidden=*** X-Shown=s3cret X-Other=s3cret ");
}

TEST(MaskedConfigTest, bears_no_secret_that_goes_upstream) {
  config::Config config;
  config.backends.resize(2);
  config.backends[0].key = Secret("s3cret");
  config.backends[0].headers = {{.name = "X-A", .value = Secret("s3cret")}};
  auto const shown = masked(config);
  EXPECT_EQ(shown.backends[0].key.reveal(), "***");
  EXPECT_EQ(shown.backends[0].headers[0].value.reveal(), "***");
  EXPECT_TRUE(shown.backends[1].key.empty()) << "none is none";
}

TEST(TakenApartTest, is_line_by_line) {
  auto const got = taken_apart("GET / HTTP/1.1\r\nHost: a\r\nX-B: c: d\r\nEmpty: \r\n\r\n");
  EXPECT_EQ(got.line, "GET / HTTP/1.1");
  std::vector<std::pair<std::string, std::string>> const want{{"Host", "a"}, {"X-B", "c: d"}, {"Empty", ""}};
  EXPECT_EQ(got.headers, want);
}

}  // namespace
}  // namespace inferway::cli
