#include "problems.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

TEST(ProblemsTest, come_out_in_the_order_of_the_file) {
  Problems problems;
  problems.error({3, 1}, "c");
  problems.error({1, 9}, "b");
  problems.error({1, 2}, "a");
  problems.error({3, 1}, "d");  // found later at the same place
  Loaded loaded;
  problems.move_to(loaded);
  std::string order;
  for (auto const& error : loaded.errors) order += error.message;
  EXPECT_EQ(order, "abcd");
}

TEST(ProblemsTest, are_bounded_and_say_how_many_were_left_out) {
  Problems problems;
  for (int i = 1; i <= 250; ++i) problems.warning({i, 1}, "w");
  Loaded loaded;
  problems.move_to(loaded);
  ASSERT_EQ(loaded.warnings.size(), Problems::kMostOfAKind + 1);
  EXPECT_NE(loaded.warnings.back().message.find("150 more"), std::string::npos);
}

TEST(ProblemsTest, only_errors_refuse) {
  Problems problems;
  problems.warning({1, 1}, "w");
  EXPECT_FALSE(problems.refused());
  problems.error({1, 1}, "e");
  EXPECT_TRUE(problems.refused());
}

}  // namespace
}  // namespace inferway::config
