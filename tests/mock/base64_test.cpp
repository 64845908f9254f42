#include "base64.hpp"

#include <gtest/gtest.h>

namespace inferway::mock {
namespace {

struct Row {
  char const* name;
  std::string_view bytes;
  std::string_view text;
};

class Base64 : public testing::TestWithParam<Row> {};

TEST_P(Base64, writes_the_standard_alphabet_with_padding) { EXPECT_EQ(base64(GetParam().bytes), GetParam().text); }

INSTANTIATE_TEST_SUITE_P(Bytes, Base64,
                         testing::Values(Row{"none", "", ""}, Row{"one", "f", "Zg=="}, Row{"two", "fo", "Zm8="},
                                         Row{"three", "foo", "Zm9v"}, Row{"four", "foob", "Zm9vYg=="},
                                         Row{"high_bits", "\xFB\xFF\xFE", "+//+"},
                                         Row{"zeros", std::string_view("\0\0", 2), "AAA="}),
                         [](auto const& row) { return row.param.name; });

}  // namespace
}  // namespace inferway::mock
