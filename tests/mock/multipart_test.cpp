#include "multipart.hpp"

#include <gtest/gtest.h>

namespace inferway::mock {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=XX";
constexpr std::string_view kForm =
    "--XX\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
    "--XX\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a b.txt\"\r\nContent-Type: text/plain\r\n\r\n"
    "one\r\n--X two\r\n\r\nthree\r\n"
    "--XX--\r\n";

TEST(ParseForm, finds_fields_and_files) {
  auto const form = parse_form(kType, kForm);
  ASSERT_TRUE(form);
  ASSERT_EQ(form->size(), 2U);
  EXPECT_EQ(field(*form, "purpose"), "batch");
  EXPECT_EQ(field(*form, "model"), std::nullopt);
  EXPECT_EQ((*form)[1].filename, "a b.txt");
  EXPECT_EQ((*form)[1].content, "one\r\n--X two\r\n\r\nthree");
}

TEST(ParseForm, takes_a_quoted_boundary_and_any_case) {
  EXPECT_TRUE(parse_form("Multipart/Form-Data; charset=utf-8; Boundary=\"XX\"", kForm));
}

TEST(ParseForm, refuses_every_form_that_was_cut) {
  auto const whole = kForm.size() - 2;  // the last line's end may be missing
  for (std::size_t size = 0; size < whole; ++size) EXPECT_FALSE(parse_form(kType, kForm.substr(0, size))) << size;
  EXPECT_TRUE(parse_form(kType, kForm.substr(0, whole)));
}

struct Wrong {
  char const* name;
  std::string_view type;
  std::string_view body;
};

class ParseFormRefuses : public testing::TestWithParam<Wrong> {};

TEST_P(ParseFormRefuses, what_is_no_form) { EXPECT_FALSE(parse_form(GetParam().type, GetParam().body)); }

INSTANTIATE_TEST_SUITE_P(Bodies, ParseFormRefuses,
                         testing::Values(Wrong{"another_type", "application/json; boundary=XX", kForm},
                                         Wrong{"no_boundary", "multipart/form-data", kForm},
                                         Wrong{"another_boundary", "multipart/form-data; boundary=YY", kForm},
                                         Wrong{"no_type", "", kForm}, Wrong{"junk", kType, "--XXjunk"},
                                         Wrong{"part_without_blank_line", kType, "--XX\r\nA: b\r\n--XX--\r\n"}),
                         [](auto const& row) { return row.param.name; });

}  // namespace
}  // namespace inferway::mock
