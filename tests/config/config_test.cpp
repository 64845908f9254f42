#include "inferway/config/config.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

TEST(ConfigTest, names_are_those_of_the_file) {
  EXPECT_EQ(name(Api::openai), "openai");
  EXPECT_EQ(name(Api::ollama), "ollama");
  EXPECT_EQ(name(Balance::round_robin), "round_robin");
  EXPECT_EQ(name(Balance::load), "load");
  EXPECT_EQ(name(GuardedHeader::authorization), "authorization");
  EXPECT_EQ(name(GuardedHeader::cookie), "cookie");
  EXPECT_EQ(name(RetryOn::connect), "connect");
  EXPECT_EQ(name(RetryOn::status_5xx), "5xx");
  EXPECT_EQ(name(RetryOn::in_band_error), "in_band_error");
}

TEST(ConfigTest, a_route_overrides_the_timeouts_it_names_and_no_others) {
  UpstreamTimeouts base;
  base.first_content = Milliseconds(7);
  TimeoutOverrides over;
  over.idle = Milliseconds(1);
  over.total = Milliseconds(2);
  auto const got = merged(base, over);
  EXPECT_EQ(got.connect, base.connect);
  EXPECT_EQ(got.first_byte, base.first_byte);
  EXPECT_EQ(got.first_content, Milliseconds(7));
  EXPECT_EQ(got.idle, Milliseconds(1));
  EXPECT_EQ(got.total, Milliseconds(2));
  over.first_content = Milliseconds(3);
  EXPECT_EQ(merged(base, over).first_content, Milliseconds(3));
}

}  // namespace
}  // namespace inferway::config
