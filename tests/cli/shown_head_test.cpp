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

TEST(TakenApartTest, is_line_by_line) {
  auto const got = taken_apart("GET / HTTP/1.1\r\nHost: a\r\nX-B: c: d\r\nEmpty: \r\n\r\n");
  EXPECT_EQ(got.line, "GET / HTTP/1.1");
  std::vector<std::pair<std::string, std::string>> const want{{"Host", "a"}, {"X-B", "c: d"}, {"Empty", ""}};
  EXPECT_EQ(got.headers, want);
}

}  // namespace
}  // namespace inferway::cli
