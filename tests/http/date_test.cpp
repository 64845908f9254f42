#include "inferway/http/date.hpp"

#include <gtest/gtest.h>

namespace inferway::http {
namespace {

struct Row {
  char const* name;
  std::int64_t seconds;
  char const* want;
};
constexpr Row kRows[] = {
    {"rfc_9110", 784'111'777, "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"epoch", 0, "Thu, 01 Jan 1970 00:00:00 GMT"},
    {"leap_day", 1'709'251'199, "Thu, 29 Feb 2024 23:59:59 GMT"},
};
class DateTest : public testing::TestWithParam<Row> {};

TEST_P(DateTest, is_written_as_rfc_9110_wants_it) {
  EXPECT_EQ(format_date(std::chrono::system_clock::time_point(std::chrono::seconds(GetParam().seconds))),
            GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, DateTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST_P(DateTest, is_read_as_it_is_written) {
  EXPECT_EQ(parse_date(GetParam().want), std::chrono::sys_seconds(std::chrono::seconds(GetParam().seconds)));
}

TEST(ParseDateTest, takes_nothing_else) {
  for (char const* const text :
       {"", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 GMT "}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

}  // namespace
}  // namespace inferway::http
