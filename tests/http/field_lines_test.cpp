#include "inferway/http/field_lines.hpp"

#include "inferway/http/field_stock.hpp"

#include <gtest/gtest.h>

#include <string>

namespace inferway::http {
namespace {

struct Out {
  template <typename... Pieces>
  void append(Pieces const&... pieces) {
    ++calls;
    (text.append(pieces), ...);
  }
  std::string text;
  int calls = 0;
};

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\nA: 1\r\nBb: 2 2\r\nC:3\r\nD: 4 \r\nE:\t5\r\nF:  6\r\nG:\r\nH: \r\nI: 9\r\nKk: 10\r\n\r\n";

class FieldLinesTest : public testing::Test {
 protected:
  FieldLinesTest() { EXPECT_TRUE(head.parse(kHead, {}, false).has_value()); }
  ResponseHead head;
};

TEST_F(FieldLinesTest, are_the_same_whichever_of_them_pass) {
  for (unsigned passing = 0; passing < 1U << head.fields.size(); ++passing) {
    auto const passes = [&](Field const& field) {
      return (passing >> static_cast<unsigned>(&field - head.fields.data()) & 1U) != 0;
    };
    std::string expected;
    for (auto const& field : head.fields) {
      if (passes(field)) expected.append(field.name).append(": ").append(field.value).append("\r\n");
    }
    Out out;
    append_lines(out, head.fields, passes);
    ASSERT_EQ(out.text, expected);
  }
}

TEST_F(FieldLinesTest, that_stand_together_go_in_one_piece) {
  Out out;
  append_lines(out, std::span(head.fields).first(2), [](Field const&) { return true; });
  EXPECT_EQ(out.text, "A: 1\r\nBb: 2 2\r\n");
  EXPECT_EQ(out.calls, 1);
}

TEST_F(FieldLinesTest, hold_a_value_that_was_put_in_later) {
  head.fields[1].value = "***";
  Out out;
  append_lines(out, std::span(head.fields).first(2), [](Field const&) { return true; });
  EXPECT_EQ(out.text, "A: 1\r\nBb: ***\r\n");
}

TEST(FieldStockTest, lends_what_it_took_back) {
  FieldStock stock;
  Fields first;
  stock.lend(first);
  EXPECT_GE(first.capacity(), FieldStock::kUsual);
  first.emplace_back();
  auto const* const memory = first.data();
  stock.take_back(first);
  EXPECT_EQ(first.capacity(), 0U);
  Fields second;
  stock.lend(second);
  EXPECT_TRUE(second.empty());
  EXPECT_EQ(second.data(), memory);
  stock.lend(second);  // has memory already
  EXPECT_EQ(second.data(), memory);
}

TEST(FieldStockTest, takes_back_what_grew_beyond_what_was_lent) {
  FieldStock stock;
  Fields fields;
  stock.lend(fields);
  for (std::size_t i = 0; i <= FieldStock::kUsual; ++i) fields.emplace_back();
  EXPECT_GT(fields.capacity(), FieldStock::kUsual);
  stock.take_back(fields);
  EXPECT_EQ(fields.capacity(), 0U);
}

TEST(FieldStockTest, a_copy_of_lent_fields_is_the_heaps) {
  Fields copy;
  {
    FieldStock stock;
    Fields fields;
    stock.lend(fields);
    fields.push_back({.name = "a", .value = "b"});
    copy = fields;
    auto const again = fields;
    EXPECT_EQ(again.size(), 1U);
    stock.take_back(fields);
  }
  EXPECT_EQ(copy.front().name, "a");
}

}  // namespace
}  // namespace inferway::http
