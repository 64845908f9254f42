#include "field_section.hpp"

#include <gtest/gtest.h>

namespace inferway::http {
namespace {

Flaw parse_lines(FieldSection& section, std::string_view bytes, std::size_t max_fields) {
  LineEnds ends;
  return section.parse(bytes, 0, ends, max_fields);
}

TEST(FieldSectionTest, notes_which_fields_it_met_and_which_of_them_again) {
  Fields fields;
  FieldSection section(fields);
  ASSERT_FALSE(parse_lines(section, "Host: a\r\nX: b\r\nhost: c\r\nExpect:\r\n\r\n", 4));
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
  EXPECT_FALSE(parse_lines(section, "A: 1\r\nB: 2\r\n\r\n", 2));
  fields.clear();
  auto const flaw = parse_lines(section, "A: 1\r\nB: 2\r\n\r\n", 1);
  ASSERT_TRUE(flaw);
  EXPECT_EQ(flaw.code, ErrorCode::header_too_large);
}

TEST(FieldSectionTest, ends_where_the_head_ends) {
  for (auto const& [bytes, whole] :
       {std::pair{"\r\n", true}, {"", false}, {"A: 1\r\n", false}, {"\r\nA: 1\r\n\r\n", false}}) {
    Fields fields;
    FieldSection section(fields);
    EXPECT_EQ(!parse_lines(section, bytes, 1), whole) << bytes;
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
