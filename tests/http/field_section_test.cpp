#include "field_section.hpp"

#include <gtest/gtest.h>

namespace inferway::http {
namespace {

TEST(FieldSectionTest, notes_which_fields_it_met_and_which_of_them_again) {
  Fields fields;
  FieldSection section(fields);
  ASSERT_FALSE(section.parse("Host: a\r\nX: b\r\nhost: c\r\nExpect:\r\n\r\n", 0, 4));
  EXPECT_TRUE(section.has(FieldId::host));
  EXPECT_TRUE(section.repeats(FieldId::host));
  EXPECT_EQ(section.last(FieldId::host).value, "c");
  EXPECT_TRUE(section.has(FieldId::expect));
  EXPECT_FALSE(section.repeats(FieldId::expect));
  EXPECT_EQ(section.last(FieldId::expect).value, "");
  EXPECT_FALSE(section.has(FieldId::connection));
  EXPECT_EQ(fields.size(), 4U);
}

TEST(FieldSectionTest, takes_as_many_fields_as_it_is_told) {
  Fields fields;
  FieldSection section(fields);
  EXPECT_FALSE(section.parse("A: 1\r\nB: 2\r\n\r\n", 0, 2));
  fields.clear();
  auto const flaw = section.parse("A: 1\r\nB: 2\r\n\r\n", 0, 1);
  ASSERT_TRUE(flaw);
  EXPECT_EQ(flaw.code, ErrorCode::header_too_large);
}

TEST(FieldSectionTest, ends_with_the_empty_line) {
  for (auto const& [bytes, end] :
       {std::pair{"\r\n", 2U}, {"\r\nA: 1\r\n\r\n", 2U}, {"A: 1\r\n\r\nB: 1\r\n", 8U}, {"A: 1\r\n\r\n\n", 8U}}) {
    Fields fields;
    FieldSection section(fields);
    ASSERT_FALSE(section.parse(bytes, 0, 1)) << bytes;
    EXPECT_EQ(section.end(), end) << bytes;
  }
  for (auto const* const bytes : {"", "A: 1\r\n", "A: 1\r\n\r", "A: 1\r\n\n"}) {
    Fields fields;
    FieldSection section(fields);
    EXPECT_TRUE(section.parse(bytes, 0, 1)) << bytes;
  }
}

TEST(PersistenceTest, depends_on_version_and_options) {
  EXPECT_TRUE(persists({}, 1));
  EXPECT_FALSE(persists({}, 0));
  EXPECT_TRUE(persists({.keep_alive = true}, 0));
  EXPECT_FALSE(persists({.close = true, .keep_alive = true}, 0));
  EXPECT_FALSE(persists({.close = true, .keep_alive = true}, 1));
}

}  // namespace
}  // namespace inferway::http
