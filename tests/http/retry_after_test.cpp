#include "inferway/http/retry_after.hpp"

#include <gtest/gtest.h>

#include <string>

namespace inferway::http {
namespace {

using std::chrono::milliseconds;

/// Sun, 06 Nov 1994 08:49:37 GMT.
constexpr std::chrono::system_clock::time_point kNow{std::chrono::seconds(784'111'777)};
constexpr milliseconds kYear{std::chrono::hours(24 * 365)};

struct Row {
  char const* name;
  char const* fields;
  std::optional<milliseconds> want;
};
Row const kRows[] = {
    {"none", "", {}},
    {"seconds", "Retry-After: 7\r\n", milliseconds(7000)},
    {"zero", "Retry-After: 0\r\n", milliseconds(0)},
    {"fraction", "Retry-After: 1.25\r\n", milliseconds(1250)},
    {"fraction_is_rounded_up", "Retry-After: 0.0001\r\n", milliseconds(1)},
    {"date", "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n", milliseconds(30'000)},
    {"date_that_has_passed", "Retry-After: Sun, 06 Nov 1994 08:49:00 GMT\r\n", milliseconds(0)},
    {"milliseconds_are_finer", "Retry-After: 2\r\nretry-after-ms: 1500\r\n", milliseconds(1500)},
    {"bad_milliseconds", "Retry-After: 2\r\nretry-after-ms: soon\r\n", milliseconds(2000)},
    {"milliseconds_alone", "Retry-After-Ms: 40\r\n", milliseconds(40)},
    {"more_than_a_number_holds", "Retry-After: 99999999999999999999999\r\n", kYear},
    {"date_far_away", "Retry-After: Sun, 06 Nov 9994 08:49:37 GMT\r\n", kYear},
    {"negative", "Retry-After: -5\r\n", {}},
    {"sign", "Retry-After: +5\r\n", {}},
    {"words", "Retry-After: soon\r\n", {}},
    {"unit", "Retry-After: 5s\r\n", {}},
    {"point_alone", "Retry-After: .\r\n", {}},
    {"two_points", "Retry-After: 1.2.3\r\n", {}},
};
class RetryAfterTest : public testing::TestWithParam<Row> {};

TEST_P(RetryAfterTest, reads_what_servers_send) {
  auto const text = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n" + std::string(GetParam().fields) + "\r\n";
  ResponseHead head;
  ASSERT_TRUE(head.parse(text, {}, false));
  EXPECT_EQ(retry_after(head, kNow), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, RetryAfterTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::http
