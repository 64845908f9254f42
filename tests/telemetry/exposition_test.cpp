#include "exposition.hpp"

#include <gtest/gtest.h>

namespace inferway::telemetry {
namespace {

TEST(Exposition, writes_help_type_and_samples) {
  Exposition out;
  out.counter("a_total", "How many a.");
  out.sample(7);
  out.gauge("b", "How many b.");
  out.sample({{"x", "1"}, {"y", "2"}}, 18'446'744'073'709'551'615U);
  EXPECT_EQ(out.take(),
            "# HELP a_total How many a.\n# TYPE a_total counter\na_total 7\n"
            "# HELP b How many b.\n# TYPE b gauge\nb{x=\"1\",y=\"2\"} 18446744073709551615\n");
}

TEST(Exposition, writes_seconds_exactly) {
  Exposition out;
  out.gauge("t_seconds", "T.");
  out.seconds(1'767'225'600'000'000'001);
  out.seconds(5);
  EXPECT_EQ(out.take(),
            "# HELP t_seconds T.\n# TYPE t_seconds gauge\n"
            "t_seconds 1767225600.000000001\nt_seconds 0.000000005\n");
}

struct Label {
  char const* name;
  std::string_view value;
  std::string_view written;
};

class ExpositionLabel : public testing::TestWithParam<Label> {};

TEST_P(ExpositionLabel, is_escaped) {
  Exposition out;
  out.gauge("g", "G.");
  out.sample({{"l", GetParam().value}}, 1);
  auto const expected = "# HELP g G.\n# TYPE g gauge\ng{l=\"" + std::string(GetParam().written) + "\"} 1\n";
  EXPECT_EQ(out.take(), expected);
}

INSTANTIATE_TEST_SUITE_P(Values, ExpositionLabel,
                         testing::Values(Label{"plain", "chat", "chat"}, Label{"empty", "", ""},
                                         Label{"quote", "a\"b", "a\\\"b"}, Label{"backslash", "a\\b", "a\\\\b"},
                                         Label{"newline", "a\nb", "a\\nb"}, Label{"utf8", "\xC3\xA4", "\xC3\xA4"}),
                         [](auto const& row) { return row.param.name; });

TEST(Exposition, writes_cumulative_buckets) {
  HistogramTotals totals;
  totals.buckets[0] = 2;
  totals.buckets[3] = 1;
  totals.buckets[kBuckets - 1] = 4;
  totals.sum_ns = 2'500'000'000;
  Exposition out;
  out.histogram("h_seconds", "H.");
  out.buckets({{"r", "x"}}, totals);
  auto const text = out.take();
  EXPECT_NE(text.find("h_seconds_bucket{r=\"x\",le=\"0.001\"} 2\nh_seconds_bucket{r=\"x\",le=\"0.002\"} 2\n"
                      "h_seconds_bucket{r=\"x\",le=\"0.005\"} 2\nh_seconds_bucket{r=\"x\",le=\"0.01\"} 3\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("h_seconds_bucket{r=\"x\",le=\"600\"} 3\nh_seconds_bucket{r=\"x\",le=\"+Inf\"} 7\n"
                      "h_seconds_sum{r=\"x\"} 2.500000000\nh_seconds_count{r=\"x\"} 7\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace inferway::telemetry
