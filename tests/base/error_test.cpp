#include "inferway/base/error.hpp"

#include "inferway/base/assert.hpp"

#include <gtest/gtest.h>

#include <set>

namespace inferway {
namespace {

TEST(ErrorCodeTest, has_a_name_of_its_own_for_every_code) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kErrorCodeCount; ++i) {
    auto const text = name(static_cast<ErrorCode>(i));
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << text;
    names.insert(text);
  }
  EXPECT_EQ(names.size(), kErrorCodeCount);
}

TEST(ErrorTest, bears_the_side_it_was_made_for) {
  Result<int> const client = client_error(ErrorCode::bad_request, "why");
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, ErrorCode::bad_request);
  EXPECT_EQ(client.error().side, Side::client);
  EXPECT_EQ(client.error().retry, Retry::never);
  EXPECT_EQ(client.error().detail, "why");
  Result<int> const upstream = upstream_error(ErrorCode::bad_response, "");
  EXPECT_EQ(upstream.error().side, Side::upstream);
  EXPECT_EQ(upstream.error().retry, Retry::yes);
  Result<int> const reused = upstream_error(ErrorCode::upstream_closed, "", Retry::if_reused);
  EXPECT_EQ(reused.error().retry, Retry::if_reused);
  Result<int> const gateway = gateway_error(ErrorCode::internal, "");
  EXPECT_EQ(gateway.error().side, Side::gateway);
  EXPECT_EQ(gateway.error().retry, Retry::never);
}

TEST(AssertDeathTest, names_the_broken_assumption) {
  INFERWAY_ASSERT(1 + 1 == 2);
  EXPECT_DEATH(INFERWAY_ASSERT(1 + 1 == 3), "broken assumption: 1 \\+ 1 == 3 \\(.*error_test.cpp:[0-9]+\\)");
}

}  // namespace
}  // namespace inferway
