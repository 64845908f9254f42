#include "field_section.hpp"

#include <gtest/gtest.h>

namespace inferway::http {
namespace {

TEST(FieldSectionTest, notes_the_first_value_and_the_count_of_special_fields) {
  std::vector<Field> fields;
  auto const section = parse_fields("Host: a\r\nX: b\r\nhost: c\r\nExpect:\r\n\r\n", 4, fields);
  ASSERT_TRUE(section);
  EXPECT_EQ(section->host.count, 2U);
  EXPECT_EQ(section->host.value, "a");
  EXPECT_EQ(section->expect.count, 1U);
  EXPECT_EQ(section->expect.value, "");
  EXPECT_EQ(section->connection.count, 0U);
  EXPECT_EQ(fields.size(), 4U);
}

TEST(FieldSectionTest, takes_as_many_fields_as_it_is_told) {
  std::vector<Field> fields;
  EXPECT_TRUE(parse_fields("A: 1\r\nB: 2\r\n\r\n", 2, fields));
  fields.clear();
  auto const section = parse_fields("A: 1\r\nB: 2\r\n\r\n", 1, fields);
  ASSERT_FALSE(section);
  EXPECT_EQ(section.error().code, ErrorCode::header_too_large);
}

TEST(FieldSectionTest, ends_where_the_head_ends) {
  std::vector<Field> fields;
  EXPECT_TRUE(parse_fields("\r\n", 1, fields));
  EXPECT_FALSE(parse_fields("", 1, fields));
  EXPECT_FALSE(parse_fields("A: 1\r\n", 1, fields));
  EXPECT_FALSE(parse_fields("\r\nA: 1\r\n\r\n", 1, fields));
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
