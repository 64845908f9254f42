#include "inferway/base/hex.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <string_view>

namespace inferway {
namespace {

struct HexTest : testing::TestWithParam<std::uint32_t> {};

TEST_P(HexTest, digits_are_those_that_printf_writes) {
  char expected[9];
  std::snprintf(expected, sizeof expected, "%08x", static_cast<unsigned>(GetParam()));
  auto const digits = hex_digits(GetParam());
  EXPECT_EQ(std::string_view(digits.data(), digits.size()), expected);
}

INSTANTIATE_TEST_SUITE_P(Values, HexTest,
                         testing::Values(0U, 1U, 9U, 10U, 15U, 16U, 0x01234567U, 0x89abcdefU, 0x9a9a9a9aU,
                                         0xffffffffU));

}  // namespace
}  // namespace inferway
