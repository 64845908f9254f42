#include "trail.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

TEST(TrailTest, reads_as_people_write_it) {
  Trail const root;
  Trail const routes{&root, "routes"};
  Trail const third{&routes, {}, 2};
  Trail const to{&third, "to"};
  EXPECT_EQ(to_string(root), "");
  EXPECT_EQ(to_string(routes), "routes");
  EXPECT_EQ(to_string(third), "routes[2]");
  EXPECT_EQ(to_string(to), "routes[2].to");
}

}  // namespace
}  // namespace inferway::config
