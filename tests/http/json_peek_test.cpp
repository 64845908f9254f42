#include "inferway/http/json_peek.hpp"

#include "splits.hpp"

#include <gtest/gtest.h>

namespace inferway::http {
namespace {

using Kind = JsonPeek::Kind;

constexpr JsonPath kPaths[] = {{"", "error"}, {"outer", "key"}};

struct PeekRow {
  char const* name;
  std::string_view json;
  Kind top = Kind::absent;
  std::string_view top_text = "";
  Kind inner = Kind::absent;
  std::string_view inner_text = "";
};
constexpr PeekRow kPeekRows[] = {
    {"nothing", ""},
    {"empty_object", "{}"},
    {"other_members", R"({"a":1,"b":[{"error":1}],"c":{"error":2}})"},
    {"object", R"({"error":{"message":"x"}})", Kind::object},
    {"array", R"({"error":[1]})", Kind::array},
    {"string", R"({"error":"gone"})", Kind::string, "gone"},
    {"empty_string", R"({"error":""})", Kind::string, ""},
    {"string_with_escapes", R"({"error":"a\"b\\"})", Kind::string, R"(a\"b\\)"},
    {"true", R"({"error":true})", Kind::literal, "true"},
    {"number", R"({"error":-1.5e3})", Kind::literal, "-1.5e3"},
    {"null", R"({"error":null})", Kind::null},
    {"blanks", " {\r\n\t\"error\" :\n 1 } ", Kind::literal, "1"},
    {"last", R"({"a":"x","b":{"c":[1,{"d":2}]},"error":1})", Kind::literal, "1"},
    {"null_does_not_replace", R"({"error":"x","error":null})", Kind::string, "x"},
    {"last_of_two", R"({"error":null,"error":"x"})", Kind::string, "x"},
    {"within_a_string", R"({"text":"\"error\":1","x":"{\"error\":1}"})"},
    {"as_a_value", R"({"a":"error","b":1})"},
    {"as_an_element", R"({"a":["error",":",1]})"},
    {"escaped_quote_before", R"({"a":"\\\"","error":1})", Kind::literal, "1"},
    {"backslash_before_quote", R"({"a":"\\","error":1})", Kind::literal, "1"},
    {"brackets_in_strings", R"({"a":"}}]]{{[[","error":1})", Kind::literal, "1"},
    {"key_with_brackets", R"({"}{":1,"error":1})", Kind::literal, "1"},
    {"longer_key", R"({"errors":1,"xerror":1})"},
    {"very_long_key", R"({"errorerrorerrorerrorerrorerrorerrorerror":1})"},
    {"long_text_is_cut", R"({"error":"0123456789012345678901234567890123456789"})", Kind::string,
     "012345678901234567890123456789012"},
    {"inner", R"({"outer":{"key":"v"}})", Kind::absent, "", Kind::string, "v"},
    {"inner_in_array", R"({"outer":[{"a":1},{"key":2}]})", Kind::absent, "", Kind::literal, "2"},
    {"inner_too_deep", R"({"outer":{"a":{"key":1}}})"},
    {"inner_too_deep_in_array", R"({"outer":[{"a":{"key":1}}]})"},
    {"inner_of_another", R"({"outer":1,"other":{"key":1}})"},
    {"inner_at_the_top", R"({"key":1,"outer":{}})"},
    {"outer_closed", R"({"outer":{},"a":{"key":1}})"},
    {"both", R"({"outer":{"key":1},"error":2})", Kind::literal, "2", Kind::literal, "1"},
    {"top_is_an_array", R"([{"error":1,"key":1}])"},
    {"top_is_a_string", R"("error")"},
    {"deep", R"({"a":[[[[[[[[{"error":1}]]]]]]]],"error":1})", Kind::literal, "1"},
    {"key_without_quotes", R"({error:1,"a"error:1})"},
    {"no_json", "[DONE]"},
    {"closed_too_often", R"(]}}}{"error":1})", Kind::literal, "1"},
};
class JsonPeekTest : public testing::TestWithParam<PeekRow> {};

TEST_P(JsonPeekTest, finds_members_by_structure_however_the_text_arrives) {
  for_each_split(GetParam().json, [](Pieces const& pieces) {
    JsonPeek peek(kPaths);
    peek.feed(R"({"error":"of an earlier text","outer":{"key)");
    peek.reset();
    for (auto const& piece : pieces) peek.feed(view(piece));
    EXPECT_EQ(peek.kind(0), GetParam().top) << describe(pieces);
    EXPECT_EQ(peek.text(0), GetParam().top_text) << describe(pieces);
    EXPECT_EQ(peek.kind(1), GetParam().inner) << describe(pieces);
    EXPECT_EQ(peek.text(1), GetParam().inner_text) << describe(pieces);
  });
}
INSTANTIATE_TEST_SUITE_P(Rows, JsonPeekTest, testing::ValuesIn(kPeekRows), kRowName);

}  // namespace
}  // namespace inferway::http
